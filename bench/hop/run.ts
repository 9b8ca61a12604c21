// The upstream hop, beside what one would write otherwise: each contender a process, behind the same route of Fastify.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { loadFor, type Target } from '../load.ts'
import { type Subject, startSubject } from '../processes.ts'
import { startUpstream, type Upstream } from '../start-upstream.ts'
import { type Case, type Contender, type Suite, summarize } from '../suite.ts'
import { type HopCase, type HopCaseName, hopCases } from './cases.ts'

const rounds = Number(process.env.ROUNDS ?? 5)
/** How long each turn of a contender takes, about. */
const turnMs = Number(process.env.TURN_MS ?? 1500)

const bare = 'bare Fastify, no upstream'
const nodeHttp2 = 'node:http2, framed by hand'

/** The contenders, and the programs that they are. The first two are what the others are compared with. */
export const contenders = {
  [bare]: './hop/subjects/bare.ts',
  [nodeHttp2]: './hop/subjects/node-http2.ts',
  'connect-node, generated client': './hop/subjects/connect-node.ts',
  'Sluice, transcoding alone': './hop/subjects/transcoding.ts',
  'Sluice, the whole pipeline': './hop/subjects/sluice.ts'
}

export async function runHop(): Promise<Suite> {
  const cases: Case[] = []
  const kinds = new Set<string>()
  for (const name of Object.keys(hopCases) as HopCaseName[]) {
    await withSubjects(name, async (subjects, upstream) => {
      kinds.add(upstream.kind)
      cases.push(...(await measure(hopCases[name], subjects)))
    })
  }
  return {
    title: 'Upstream hop',
    text: [
      'CPU microseconds per request of the gateway process, user and system; no telemetry. Its upstream is a process of its',
      `own (${[...kinds].join(', ')}) that answers with bytes it was given, over one connection; so is what sends the requests.`,
      `"The hop" is what a contender costs above bare Fastify. ${rounds} rounds of ${turnMs / 1000} s each.`
    ].join(' '),
    unit: 'µs',
    cases
  }
}

/** Starts the contenders of a case and their upstream, and sees that all of them answer right. */
export async function withSubjects(
  name: HopCaseName,
  use: (subjects: Subject[], upstream: Upstream) => Promise<void>
): Promise<void> {
  const upstream = await startUpstream(hopCases[name].answers)
  const subjects: Subject[] = []
  try {
    for (const [contender, file] of Object.entries(contenders)) {
      const subject = await startSubject(contender, file, environment(name, upstream))
      subjects.push(subject)
      await checkAnswer(subject, hopCases[name])
      await loadFor(targetOf(subject, hopCases[name]), hopCases[name].concurrency, turnMs)
    }
    await use(subjects, upstream)
  } finally {
    for (const started of [...subjects, upstream]) await started.stop()
  }
}

/** What the programs of the contenders read. */
export function environment(name: HopCaseName, upstream: Upstream): NodeJS.ProcessEnv {
  return {
    HOP_CASE: name,
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    JWT_SECRET: randomBytes(32).toString('hex'),
    PRODUCT_SERVICE_URL: upstream.url,
    // The limiter does its work and never refuses.
    RATE_LIMIT_RPS: '1000000',
    RATE_LIMIT_BURST: '1000000'
  }
}

/** Nothing is timed that does not answer right. */
export async function checkAnswer({ name, url }: Subject, { path, part, parts, contentType }: HopCase) {
  const response = await fetch(url + path)
  assert.equal(response.status, 200, name)
  assert.equal(response.headers.get('content-type'), contentType, name)
  assert.ok((await response.text()) === part.repeat(parts), `${name} answers something else`)
}

export function targetOf({ url }: Subject, { path, parts }: HopCase): Target {
  return { url, path, closes: parts > 1 }
}

async function measure(hopCase: HopCase, subjects: readonly Subject[]): Promise<Case[]> {
  const costs = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  // Interleaved: what disturbs the machine for a while disturbs all of them.
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) costs.get(subject.name)!.push(await costPerRequest(subject, hopCase))
  }
  const floor = costs.get(bare)!
  const hops = [...costs]
    .slice(1)
    .map(([name, values]) => [name, values.map((cost, round) => cost - floor[round]!)] as const)
  const summary = (of: Iterable<readonly [string, number[]]>): Contender[] =>
    Array.from(of, ([name, values]) => summarize(name, values))
  return [
    { name: hopCase.name, contenders: summary(costs) },
    { name: `${hopCase.name}: the hop`, contenders: summary(hops) }
  ]
}

async function costPerRequest(subject: Subject, hopCase: HopCase): Promise<number> {
  const before = await subject.cpu()
  const answers = await loadFor(targetOf(subject, hopCase), hopCase.concurrency, turnMs)
  return ((await subject.cpu()) - before) / answers
}
