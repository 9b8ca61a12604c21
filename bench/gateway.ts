// The gateway as a process, under load: CPU microseconds per request, beside bare Fastify in the same run.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, get } from 'node:http'
import { answer } from './answer.ts'
import { type Subject, startSubject } from './processes.ts'
import { type Suite, summarize } from './suite.ts'

const rounds = Number(process.env.ROUNDS ?? 5)
const requestsPerRound = Number(process.env.REQUESTS ?? 10_000)
const connections = 32
const path = '/api/v1/categories'

export async function runGateway(): Promise<Suite> {
  const upstream = await startSubject('upstream', './upstream.ts')
  const gateway = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    JWT_SECRET: randomBytes(32).toString('hex'),
    PRODUCT_SERVICE_URL: upstream.url,
    // The limiter does its work and never refuses.
    RATE_LIMIT_RPS: '1000000',
    RATE_LIMIT_BURST: '1000000'
  }
  const subjects = [
    await startSubject('bare Fastify, no upstream', './bare.ts'),
    await startSubject('Sluice, one transcoded call, no telemetry', '../server.ts', gateway)
  ]
  try {
    for (const subject of subjects) await checkAnswer(subject)
    for (const subject of subjects) await load(subject, requestsPerRound)
    const costs = new Map(subjects.map(({ name }) => [name, [] as number[]]))
    // Interleaved: what disturbs the machine for a while disturbs all of them.
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) costs.get(subject.name)!.push(await costPerRequest(subject))
    }
    return {
      title: 'Gateway',
      text: [
        'CPU microseconds per request of the whole process, user and system.',
        `${rounds} rounds of ${requestsPerRound} requests over ${connections} connections.`
      ].join(' '),
      unit: 'µs',
      cases: [{ name: `GET ${path}`, contenders: [...costs].map(([name, values]) => summarize(name, values)) }]
    }
  } finally {
    for (const subject of [...subjects, upstream]) await subject.stop()
  }
}

/** Nothing is timed that does not answer right. */
async function checkAnswer({ name, url }: Subject) {
  const response = await fetch(url + path)
  assert.equal(response.status, 200, name)
  assert.equal(await response.text(), JSON.stringify(answer), name)
}

async function costPerRequest(subject: Subject) {
  const before = await subject.cpu()
  await load(subject, requestsPerRound)
  return ((await subject.cpu()) - before) / requestsPerRound
}

/** Sends so many requests over a fixed number of connections; each waits for its answer before the next. */
async function load({ url }: Subject, requests: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let left = requests
  async function work() {
    while (left-- > 0) await request(url + path, agent)
  }
  await Promise.all(Array.from({ length: connections }, work))
  agent.destroy()
}

function request(url: string, agent: Agent) {
  return new Promise<void>((resolve, reject) => {
    get(url, { agent }, response => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
      response.resume().once('end', resolve)
    }).once('error', reject)
  })
}
