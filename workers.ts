import cluster, { type Worker } from 'node:cluster'
import { pino } from 'pino'
import type { Config } from './config.ts'
import { MemoryStore } from './lib/limiter/memory-store.ts'
import { answerTake, isTakeRequest, type Peer, PrimaryStore, type TakeAnswer } from './lib/limiter/primary-store.ts'
import type { TokenStore } from './lib/limiter/store.ts'

/** What the primary tells a worker. */
const stopMessage = 'stop'

/** A worker that ends sooner after it was ready is replaced after this pause, in milliseconds. */
const pauseMs = 1_000

/** More keys than one worker's own: they are those of all. */
const maxKeys = 200_000

/** Whether this process is one of several that a primary has started. */
export const isWorker = cluster.isWorker

/** Which of the workers this process is, from 0 on; 0 when there is one process. */
export const workerIndex = Number(process.env.SLUICE_WORKER ?? 0)

/** Where workers that have no Redis count together: in their primary. Null: this process is no worker. */
export function sharedStore(): TokenStore | null {
  if (!isWorker) return null
  const peer: Peer = {
    send: message => void process.send!(message),
    onAnswer(listener) {
      process.on('message', (message: TakeAnswer) => {
        if (message?.type === 'taken') listener(message)
      })
    }
  }
  return new PrimaryStore(peer)
}

/** Calls `stop` when the primary says so. A worker heeds no signals: those of a terminal reach all processes at once. */
export function onStopMessage(stop: () => void): void {
  process.on('message', message => {
    if (message === stopMessage) stop()
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {})
}

/**
 * Starts so many processes of this program, which share its port, keeps as many, and ends with them. Their rate limits are
 * counted here, unless there is a Redis.
 */
export function runWorkers(config: Config): void {
  const log = pino({ level: config.LOG_LEVEL })
  const store = new MemoryStore({ maxKeys })
  const ready = new Set<number>()
  let isStopping = false

  function startWorker(index: number): void {
    const worker = cluster.fork({ SLUICE_WORKER: String(index) })
    let readyAt: number | null = null
    worker.on('message', message => {
      if (isTakeRequest(message)) void answerTo(worker, store, message)
      else if (message === 'ready') {
        readyAt = performance.now()
        ready.add(index)
        // To a parent that waits for all.
        if (ready.size === config.WORKERS) process.send?.('ready')
      }
    })
    worker.once('exit', (code, signal) => onExit(index, readyAt, code, signal))
  }

  function onExit(index: number, readyAt: number | null, code: number, signal: string): void {
    if (isStopping) {
      if (Object.keys(cluster.workers ?? {}).length === 0) process.exit(0)
      return
    }
    // It has said why.
    if (readyAt === null && !ready.has(index)) process.exit(code || 1)
    log.error({ worker: index, code, signal }, 'a worker ended, and is replaced')
    const lived = readyAt === null ? 0 : performance.now() - readyAt
    setTimeout(() => startWorker(index), lived < pauseMs ? pauseMs : 0)
  }

  function onSignal(signal: NodeJS.Signals): void {
    const workers = Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)
    if (isStopping) {
      for (const worker of workers) worker.process.kill('SIGKILL')
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    isStopping = true
    for (const worker of workers) worker.send(stopMessage)
    if (workers.length === 0) process.exit(0)
  }

  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  for (let index = 0; index < config.WORKERS; index++) startWorker(index)
}

async function answerTo(worker: Worker, store: TokenStore, message: Parameters<typeof answerTake>[1]): Promise<void> {
  const answer = await answerTake(store, message)
  if (worker.isConnected()) worker.send(answer)
}
