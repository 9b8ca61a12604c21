import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const start = fileURLToPath(new URL('../../tools/start.ts', import.meta.url))

/** Runs the command until it ends. */
function run(env: NodeJS.ProcessEnv) {
  return new Promise<{ code: unknown; stderr: string }>(resolve => {
    execFile(process.execPath, [start], { env: { ...process.env, ...env } }, (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stderr })
    })
  })
}

t.test('a taken port: one line that names it, and a failure', async t => {
  const other = createServer().listen(0)
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await run({ PORT: String(port) })
  t.equal(code, 1)
  t.match(stderr, new RegExp(`^sluice: port .*${port}.* is taken.*\\n$`))
})

t.test('a port that is none: one line that says so, and a failure', async t => {
  const { code, stderr } = await run({ PORT: 'eighty' })
  t.equal(code, 1)
  t.equal(stderr, 'sluice: PORT must be a number from 1 to 65535, not "eighty"\n')
})
