import type { Logger } from 'pino'
import { expireOne } from './reservations.ts'
import type { Db } from './stock.ts'

/** The job that gives the stock of overdue reservations back. */
export interface Expiry {
  /** Looks now, besides the timer. Settles when nothing is due any more. */
  run(): Promise<void>
  /** Stops looking and waits for what runs. */
  close(): Promise<void>
}

/** Several processes may run it at once: each passes over what another works on. */
export function startExpiry(db: Db, log: Logger, intervalMs: number): Expiry {
  let running: Promise<void> | null = null
  let closing = false

  async function expireAll() {
    while (!closing && (await expireOne(db)));
  }

  function run() {
    running ??= expireAll()
      .catch(error => log.error({ err: error }, 'reservations could not be expired'))
      .finally(() => {
        running = null
      })
    return running
  }

  const timer = setInterval(run, intervalMs)
  timer.unref()
  return {
    run,
    async close() {
      closing = true
      clearInterval(timer)
      await running
    }
  }
}
