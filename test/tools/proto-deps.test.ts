import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { checkout, ROOT } from './checkout.ts'

t.test('all that the protos import is there after one run, so that buf needs no registry', async t => {
  const { root, run } = await checkout(t)
  t.same(await run('proto-deps.ts'), { code: 0, stdout: '', stderr: '' })
  t.doesNotThrow(() => execFileSync(join(ROOT, 'node_modules/.bin/buf'), ['build'], { cwd: root, stdio: 'pipe' }))
})
