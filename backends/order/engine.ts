import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Logger } from 'pino'
import type { RunStep } from './flow.ts'

/** What a flow is started with. */
export interface FlowInput {
  orderId: string
  /** The trace of the request that began it, as W3C headers, so that an order is one trace even across a crash. */
  trace: Record<string, string>
}

export type Flow = (input: FlowInput) => Promise<void>

export interface EngineOptions {
  /** The orders database; the engine keeps its own state beside it, in `<name>_dbos_sys`. */
  databaseUrl: string
  log: Logger
  /** How long `close` waits for flows that are running, in ms. Default 2000. */
  drainMs?: number
}

/** Runs flows durably: what a crash interrupts, the next process that starts goes on with. */
export interface FlowEngine {
  /** Starts a flow under an id; of one that exists already nothing is started. */
  start(workflowId: string, input: FlowInput): Promise<void>
  /** Starts a flow that was never started, and begins one anew that came to an end. One that runs is left alone. */
  wake(workflowId: string, input: FlowInput): Promise<void>
  /** Waits until a flow is through, or the time is over. */
  wait(workflowId: string, timeoutMs: number): Promise<void>
  /** Deletes the state of flows that ended well before a time, at most `limit` of them. Their orders stay. */
  forget(before: Date, limit: number): Promise<void>
  close(): Promise<void>
}

/** The engine is one per process: a second order service in the same process is refused. */
export class EngineError extends Error {
  override name = 'EngineError'
}

/** How often another process's flow is looked at while somebody waits for it, in ms. */
const pollMs = 50

const idleTransactionOption = '-c idle_in_transaction_session_timeout=60000'

let openFlow: Flow | null = null
const runs = new Map<string, Promise<void>>()

const orderFlow = DBOS.registerWorkflow(
  (input: FlowInput): Promise<void> => {
    if (openFlow === null) throw new EngineError('the order service is closed')
    return track(DBOS.workflowID!, openFlow(input))
  },
  // A flow is never given up, however often the process dies under it.
  { name: 'order-flow', maxRecoveryAttempts: Number.MAX_SAFE_INTEGER }
)

function track(workflowId: string, run: Promise<void>): Promise<void> {
  runs.set(workflowId, run)
  return run.finally(() => {
    // Begun anew, it has a new run by now.
    if (runs.get(workflowId) === run) runs.delete(workflowId)
  })
}

/** A step of the flow that is running: its result is written down, and a repetition of the flow gets that. */
export const runStep: RunStep = (name, run) => DBOS.runStep(run, { name })

/** @throws EngineError when one is open already */
export async function openEngine(flow: Flow, { databaseUrl, log, drainMs = 2000 }: EngineOptions): Promise<FlowEngine> {
  if (openFlow !== null) throw new EngineError('this process has an order service already')
  openFlow = flow
  DBOS.setConfig({
    name: 'order-service',
    systemDatabaseUrl: stateDatabaseUrl(databaseUrl),
    // Fixed, so that a process recovers what an earlier one left, of whatever release. Several replicas share it as well:
    // one that starts takes over flows of the others, which then wait for its result. Each step may be repeated, so that is
    // safe; and no flow is lost with the replica that ran it.
    applicationVersion: '1',
    executorID: 'order-service',
    logger: quietly(log)
  })
  try {
    await DBOS.launch()
  } catch (error) {
    openFlow = null
    throw error
  }

  async function start(workflowId: string, input: FlowInput): Promise<void> {
    await DBOS.startWorkflow(orderFlow, { workflowID: workflowId })(input)
  }

  return {
    start,

    async wake(workflowId, input) {
      const status = await DBOS.getWorkflowStatus(workflowId)
      if (!status) await start(workflowId, input)
      else if (!activeStatuses.has(status.status)) await DBOS.rewindWorkflow(workflowId)
    },

    async wait(workflowId, timeoutMs) {
      // A run that breaks off here may have been taken over by another process.
      const run = runs.get(workflowId)?.catch(() => awaitElsewhere(workflowId, timeoutMs))
      await Promise.race([run ?? awaitElsewhere(workflowId, timeoutMs), timeout(timeoutMs)])
    },

    async forget(before, limit) {
      const wanted = { status: 'SUCCESS', completedBefore: before.toISOString(), limit } as const
      const ended = await DBOS.listWorkflows({ ...wanted, loadInput: false, loadOutput: false })
      if (ended.length > 0) await DBOS.deleteWorkflows(ended.map(({ workflowID }) => workflowID))
    },

    async close() {
      await DBOS.shutdown({ workflowCompletionTimeoutMS: drainMs })
      openFlow = null
    }
  }
}

const activeStatuses: ReadonlySet<string> = new Set(['PENDING', 'ENQUEUED', 'DELAYED'])

/** How a flow ended is told by its order; one that failed has said so in the log. */
async function awaitElsewhere(workflowId: string, timeoutMs: number): Promise<void> {
  try {
    await DBOS.getResult(workflowId, { timeoutSeconds: timeoutMs / 1000, pollingIntervalMs: pollMs })
  } catch {}
}

function timeout(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}

function stateDatabaseUrl(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.pathname = `${url.pathname}_dbos_sys`
  // Said by the connection itself: the engine would otherwise send it as a query in the way of the first one.
  if (!url.searchParams.has('options')) url.searchParams.set('options', idleTransactionOption)
  return url.href
}

/** The engine tells a lot; only what somebody should look at goes to our log. */
function quietly(log: Logger) {
  const ignore = () => {}
  return {
    info: ignore,
    debug: ignore,
    warn: (entry: unknown) => log.warn({ engine: 'dbos' }, String(entry)),
    error: (entry: unknown, metadata?: { error?: unknown }) =>
      log.error({ engine: 'dbos', err: metadata?.error }, String(entry))
  }
}
