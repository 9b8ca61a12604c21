import { spawnSync } from 'node:child_process'
import t from 'tap'

t.test('an error in the log tells what happened, and none of the values that a driver hangs on it', async t => {
  const script = `
    import { createLogger } from './backends/shared/log.ts'
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(ann@example.com)' })
    createLogger('user-service', 'info').error({ err: new TypeError('failed', { cause }) }, 'rpc failed')`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    encoding: 'utf8'
  })
  const line = JSON.parse(stdout)
  t.match(line, { level: 50, name: 'user-service', msg: 'rpc failed' })
  t.match(line.err, { type: 'TypeError', message: 'failed', cause: { message: 'duplicate key', code: '23505' } })
  t.match(line.err.stack, 'TypeError: failed')
  t.notMatch(stdout, 'ann@example.com')
})
