// `npm run profile`: where a gateway under load spends its time, by function and by file. CASE is a case of the hop (unary,
// large, stream) and SUBJECT a contender of it.
import { writeFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { type HopCaseName, hopCases } from './hop/cases.ts'
import { checkAnswer, contenders, environment, targetOf } from './hop/run.ts'
import { loadFor } from './load.ts'
import { startSubject } from './processes.ts'
import { startUpstream } from './start-upstream.ts'

const loadMs = Number(process.env.TURN_MS ?? 5000)
const root = fileURLToPath(new URL('..', import.meta.url))
const shown = 40

const caseName = choose('CASE', Object.keys(hopCases), 'unary') as HopCaseName
const files = new Map(Object.values(contenders).map(file => [/([^/]+)\.ts$/.exec(file)![1]!, file]))
const subjectName = choose('SUBJECT', [...files.keys()], 'sluice')

const { profile, requests } = await record()
const output = `${root}.cache/bench/${subjectName}-${caseName}.cpuprofile`
await writeFile(output, JSON.stringify(profile))
print(profile, requests)
console.log(`\n${output}`)

function choose(variable: string, known: string[], fallback: string): string {
  const value = process.env[variable] || fallback
  if (known.includes(value)) return value
  console.error(`${variable} must be one of ${known.join(', ')}`)
  process.exit(1)
}

async function record() {
  const hopCase = hopCases[caseName]
  const upstream = await startUpstream(hopCase.answers)
  const hook = fileURLToPath(new URL('./profile-hook.ts', import.meta.url))
  const env = environment(caseName, upstream)
  const subject = await startSubject(subjectName, files.get(subjectName)!, env, ['--import', hook])
  try {
    const target = targetOf(subject, hopCase)
    await checkAnswer(subject, hopCase)
    await loadFor(target, hopCase.concurrency, loadMs)
    await subject.ask({ profile: 'start' })
    const requests = await loadFor(target, hopCase.concurrency, loadMs)
    return { profile: (await subject.ask({ profile: 'stop' })) as Profiler.Profile, requests }
  } finally {
    await subject.stop()
    await upstream.stop()
  }
}

/** The dearest functions, then the dearest files: their own time, without what they call. */
function print(profile: Profiler.Profile, requests: number): void {
  const nodes = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const byFunction = new Map<string, number>()
  const byFile = new Map<string, number>()
  let busy = 0
  for (const [index, id] of profile.samples!.entries()) {
    const { functionName, url, lineNumber } = nodes.get(id)!
    // The profiler that starts is not the program.
    if (functionName === '(idle)' || url === 'node:inspector') continue
    const micros = Math.max(0, profile.timeDeltas![index]!)
    const file = url.replace('file://', '').replace(root, '')
    busy += micros
    add(byFunction, file === '' ? functionName : `${functionName || '(anonymous)'}  ${file}:${lineNumber + 1}`, micros)
    add(byFile, file || functionName, micros)
  }
  console.log(`${requests} requests, ${(busy / requests).toFixed(1)} µs each`)
  for (const [title, times] of Object.entries({ function: byFunction, file: byFile })) {
    console.log(`\n    %  µs/request  ${title}`)
    const dearest = [...times].sort((one, other) => other[1] - one[1]).slice(0, shown)
    for (const [name, micros] of dearest) {
      const percent = ((100 * micros) / busy).toFixed(1).padStart(5)
      console.log(`${percent}  ${(micros / requests).toFixed(2).padStart(10)}  ${name}`)
    }
  }
}

function add(times: Map<string, number>, key: string, micros: number): void {
  times.set(key, (times.get(key) ?? 0) + micros)
}
