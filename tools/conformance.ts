// `npm run conformance`: our gRPC client against connectrpc/conformance. Its runner calls the client of test/conformance as
// its cases say, and a few of our own, against servers of connect-go and of grpc-go, and compares what the user of the client
// got.
//
//   npm run conformance -- [flag of the runner ...]     such as --run '**/bidi-stream/**', --trace, --verbose
//
// The runner is built here, so this needs Go. It stays in .cache, and so does what is generated from its protos. Ends with 1
// unless every case passed.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT, runBuf } from './buf.ts'

const run = promisify(execFile)

const MODULE = 'connectrpc.com/conformance'
const VERSION = 'v1.0.7'
const TESTS = join(ROOT, 'test/conformance')
const CACHE = join(ROOT, '.cache/conformance')
const RUNNER = join(CACHE, 'bin/connectconformance')

async function installRunner(): Promise<void> {
  await run('go', ['version']).catch(() => {
    throw new Error('Go is missing, which builds the runner of the conformance suite: https://go.dev/doc/install')
  })
  const installed = await run(RUNNER, ['--version']).catch(() => null)
  if (installed?.stdout.trim().endsWith(VERSION)) return
  console.log(`building ${MODULE} ${VERSION} ...`)
  await mkdir(join(CACHE, 'bin'), { recursive: true })
  const env = { ...process.env, GOBIN: join(CACHE, 'bin') }
  await run('go', ['install', `${MODULE}/cmd/connectconformance@${VERSION}`], { env })
}

/** The folder with the sources of the suite. */
async function findSources(): Promise<string> {
  const { stdout } = await run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`])
  return (JSON.parse(stdout) as { Dir: string }).Dir
}

/** Generates the messages that the runner and the client exchange, and checks the client's types with them. */
async function generate(sources: string): Promise<void> {
  const template = join(TESTS, 'buf.gen.yaml')
  const code = await runBuf('generate', join(sources, 'proto'), '--template', template, '--output', CACHE)
  if (code !== 0) throw new Error('buf generate failed for the protos of the conformance suite')
  await run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', TESTS]).catch(({ stdout: errors }) => {
    throw new Error(`the types of test/conformance are wrong\n${errors}`)
  })
}

/** Runs the cases, and answers whether all passed. */
async function runCases(sources: string, flags: string[]): Promise<boolean> {
  // Once a file of cases is named, those that are built in have to be named too.
  const builtIn = join(sources, 'internal/app/connectconformance/testsuites/data')
  const files = (await readdir(builtIn)).map(name => join(builtIn, name))
  const cases = [...files, join(TESTS, 'message-limit.yaml')].flatMap(file => ['--test-file', file])
  const options = ['--mode', 'client', '--conf', join(TESTS, 'config.yaml'), ...cases, ...flags]
  const runner = spawn(RUNNER, [...options, '--', process.execPath, join(TESTS, 'client.ts')], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let report = ''
  runner.stdout.setEncoding('utf8').on('data', text => {
    report += text
    process.stdout.write(text)
  })
  const [code] = await once(runner, 'close')
  return code === 0 && allPassed(report)
}

/** What a report says. The runner's exit code says only that no case failed: it may be 0 when some could not be run. */
export function allPassed(report: string): boolean {
  const [, cases, passed] = /^Total cases: (\d+)\n(\d+) passed, 0 failed$/m.exec(report) ?? []
  return Number(cases) > 0 && cases === passed && !report.includes('could not be run')
}

if (import.meta.main) {
  try {
    await installRunner()
    const sources = await findSources()
    await generate(sources)
    process.exitCode = (await runCases(sources, process.argv.slice(2))) ? 0 : 1
  } catch (error) {
    console.error(`sluice: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
