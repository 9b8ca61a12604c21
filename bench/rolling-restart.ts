// `make rolling-restart`: two gateways before one upstream are restarted one after the other, under a constant rate, behind a
// balancer that asks `/ready` once a second and so learns late who leaves. Real processes. Writes docs/drain.md.
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { create, toBinary } from '@bufbuild/protobuf'
import { ListCategoriesResponseSchema } from '../gen/shop/product/v1/product_pb.ts'
import { freePort } from './processes.ts'
import { startUpstream } from './start-upstream.ts'
import { whereAndWhen, writeFigures } from './write-figures.ts'

const requestsPerSecond = 500
const pollMs = 1_000
const path = '/api/v1/categories'
const serverFile = fileURLToPath(new URL('../server.ts', import.meta.url))

/** A gateway on a port of its own, which outlives its processes. */
class Gateway {
  readonly url: string
  /** As the balancer last heard. */
  isReady = true
  readonly #env: NodeJS.ProcessEnv
  #process: ChildProcess | null = null

  constructor(port: number, env: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${port}`
    this.#env = { ...env, PORT: String(port) }
  }

  async start(): Promise<void> {
    const child = fork(serverFile, { env: this.#env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process = child
    await once(child, 'message')
  }

  /** Ends it by SIGTERM; answers with its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process!
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    return code
  }
}

const found = await play()
const text = [
  `\`make rolling-restart\`, ${whereAndWhen()}:`,
  '',
  '| requests | failed | gateways that ended with 0 | from SIGTERM to the end of the process |',
  '|---|---|---|---|',
  `| ${found.requests}, ${requestsPerSecond} a second | ${found.failures.length} | ${found.codes.filter(code => code === 0).length} of 2 | ${found.stopSeconds.map(seconds => `${seconds.toFixed(1)} s`).join(', ')} |`
].join('\n')
console.log(text)
for (const failure of new Set(found.failures)) console.error(failure)
await writeFigures('drain.md', text)

async function play() {
  const message = toBinary(
    ListCategoriesResponseSchema,
    create(ListCategoriesResponseSchema, { categories: [{ name: 'food', productCount: 2 }] })
  )
  const rpc = '/shop.product.v1.ProductService/ListCategories'
  const upstream = await startUpstream({ [rpc]: { message: Buffer.from(message).toString('base64'), count: 1 } })
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'error',
    JWT_SECRET: randomBytes(32).toString('hex'),
    RATE_LIMIT_RPS: '100000',
    RATE_LIMIT_BURST: '100000',
    UPSTREAM_HEALTH: 'off',
    ...Object.fromEntries(
      ['USER', 'PRODUCT', 'ORDER', 'PAYMENT', 'INVENTORY'].map(name => [`${name}_SERVICE_URL`, upstream.url])
    )
  }
  const gateways = [new Gateway(await freePort(), env), new Gateway(await freePort(), env)] as const
  await Promise.all(gateways.map(gateway => gateway.start()))
  const poll = setInterval(() => {
    for (const gateway of gateways) void askReady(gateway)
  }, pollMs)
  const load = startLoad(gateways)
  const codes: (number | null)[] = []
  const stopSeconds: number[] = []
  await delay(1_000)
  for (const gateway of gateways) {
    const began = performance.now()
    codes.push(await gateway.stop())
    stopSeconds.push((performance.now() - began) / 1_000)
    await gateway.start()
    while (!gateway.isReady) await delay(50)
    await delay(500)
  }
  const { requests, failures } = await load.stop()
  clearInterval(poll)
  await Promise.all(gateways.map(gateway => gateway.stop()))
  await upstream.stop()
  return { requests, failures, codes, stopSeconds }
}

async function askReady(gateway: Gateway): Promise<void> {
  try {
    gateway.isReady = (await fetch(`${gateway.url}/ready`, { headers: { connection: 'close' } })).status === 200
  } catch {
    gateway.isReady = false
  }
}

/** Requests at a constant rate, whatever becomes of them, to each ready gateway in turn, over connections that are kept. */
function startLoad(gateways: readonly Gateway[]) {
  const agent = new Agent({ keepAlive: true })
  const failures: string[] = []
  const open: Promise<void>[] = []
  const began = performance.now()
  let requests = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1_000) * requestsPerSecond
    for (; requests < due; requests++) {
      const ready = gateways.filter(({ isReady }) => isReady)
      const gateway = ready[requests % ready.length]
      if (gateway === undefined) failures.push('no gateway is ready')
      else open.push(ask(`${gateway.url}${path}`, agent).catch(error => void failures.push(String(error))))
    }
  }, 2)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
      return { requests, failures }
    }
  }
}

function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: 10_000 }, response => {
      response.resume()
      response.once('error', reject)
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))
      )
    })
    request.once('error', reject)
    request.once('timeout', () => request.destroy(new Error('no answer in 10 s')))
  })
}
