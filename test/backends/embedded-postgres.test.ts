import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'

const module = new URL('../../backends/embedded-postgres.ts', import.meta.url).href

/** Runs a program with a running PostgreSQL and answers its exit code. */
function run(dataDir: string, ending: string) {
  const program = `
    const { startEmbeddedPostgres } = await import('${module}')
    const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })
    ${ending}`
  return new Promise<unknown>(resolve => {
    execFile(process.execPath, ['--input-type=module', '-e', program], error =>
      resolve(error === null ? 0 : error.code)
    )
  })
}

t.test('a program keeps its own exit code', async t => {
  const dataDir = `${t.testdir()}/postgres`
  t.equal(await run(dataDir, 'process.exitCode = 3; await postgres.stop()'), 3)
})

t.test('a program that exits without stopping it leaves no PostgreSQL behind', async t => {
  const dataDir = `${t.testdir()}/postgres`
  t.equal(await run(dataDir, 'process.exit(4)'), 4)
  // PostgreSQL removes its lock when it has stopped.
  while (existsSync(`${dataDir}/postmaster.pid`)) await delay(20)
  t.pass('it has stopped')
})

t.test('a PostgreSQL that a killed program left behind is stopped by the next start', async t => {
  const dataDir = `${t.testdir()}/postgres`
  await run(dataDir, `process.kill(process.pid, 'SIGKILL')`)
  t.ok(existsSync(`${dataDir}/postmaster.pid`), 'it was left behind')
  t.equal(await run(dataDir, 'await postgres.stop()'), 0)
  t.notOk(existsSync(`${dataDir}/postmaster.pid`))
})
