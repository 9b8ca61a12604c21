import { sql } from 'kysely'
import type { Logger } from 'pino'
import { listen } from '../shared/listener.ts'
import { eventChannel } from './migrations.ts'
import type { Db } from './schema.ts'

/** Tells when the record of one order may have grown. */
export interface Changes {
  /**
   * Waits until something may have changed since the last wait, or since the beginning: then the record is to be read.
   *
   * @returns false when this was closed, before or meanwhile
   */
  next(): Promise<boolean>
  /** Nothing is held for it any more. */
  close(): void
}

export interface OrderChanges {
  /** Begins at once: what changes from now on is told, whenever `next` is called. */
  of(orderId: string): Changes
  close(): Promise<void>
}

export interface ChangesOptions {
  /** How often the orders that are watched are looked at, whatever was heard, in ms. Default 5000. */
  pollMs?: number
}

interface WatchedOrder {
  /** The last event that the poll has seen; null before it looked. */
  polledSeq: bigint | null
  watchers: Set<() => void>
}

/**
 * The changes of orders as they happen, by whatever process: the database announces each event when it is committed. One
 * connection listens for all watchers. Whatever it may miss is found by a look at all watched orders, one statement, which
 * is made every few seconds and whenever the connection is new. A watcher keeps nothing but whether there is news, however
 * slow it is and however much happens.
 */
export function createOrderChanges(
  deps: { db: Db; databaseUrl: string; log: Logger },
  { pollMs = 5_000 }: ChangesOptions = {}
): OrderChanges {
  const watched = new Map<string, WatchedOrder>()
  const poll = unlessRunning(() => lookAtAll(deps, watched))
  const listener = listen({
    url: deps.databaseUrl,
    channel: eventChannel,
    log: deps.log,
    onListening: poll,
    onNotification: orderId => wake(watched.get(orderId))
  })
  const timer = setInterval(poll, pollMs).unref()

  return {
    of(orderId) {
      const order = watched.get(orderId) ?? { polledSeq: null, watchers: new Set() }
      watched.set(orderId, order)
      const news = createNews()
      order.watchers.add(news.tell)
      return {
        next: news.next,
        close() {
          news.close()
          order.watchers.delete(news.tell)
          if (order.watchers.size === 0 && watched.get(orderId) === order) watched.delete(orderId)
        }
      }
    },

    async close() {
      clearInterval(timer)
      await listener.close()
    }
  }
}

/** Whether there is news, and whoever waits for it: one at a time. */
function createNews() {
  let state: 'none' | 'some' | 'closed' = 'none'
  let answer: ((open: boolean) => void) | null = null

  function settle(open: boolean): void {
    answer?.(open)
    answer = null
  }

  return {
    tell() {
      if (state === 'closed') return
      state = answer === null ? 'some' : 'none'
      settle(true)
    },

    async next(): Promise<boolean> {
      if (state === 'closed') return false
      if (state === 'some') {
        state = 'none'
        return true
      }
      return await new Promise<boolean>(resolve => {
        answer = resolve
      })
    },

    close() {
      state = 'closed'
      settle(false)
    }
  }
}

function wake(order: WatchedOrder | undefined): void {
  for (const tell of order?.watchers ?? []) tell()
}

/** Wakes the watchers of all orders that have moved since the last look. */
async function lookAtAll({ db, log }: { db: Db; log: Logger }, watched: Map<string, WatchedOrder>): Promise<void> {
  if (watched.size === 0) return
  try {
    const orders = await db
      .selectFrom('orders')
      .select(['id', 'event_seq'])
      .where(sql<boolean>`id = ANY(${[...watched.keys()]}::uuid[])`)
      .execute()
    for (const { id, event_seq } of orders) {
      const order = watched.get(id)
      if (order === undefined || order.polledSeq === event_seq) continue
      order.polledSeq = event_seq
      wake(order)
    }
  } catch (error) {
    log.warn({ err: error }, 'the orders that are watched could not be looked at')
  }
}

/** Runs one at a time; what is asked for meanwhile runs once more afterwards, because it may want to see what is newer. */
function unlessRunning(work: () => Promise<void>): () => void {
  let running = false
  let again = false

  async function run(): Promise<void> {
    if (running) {
      again = true
      return
    }
    running = true
    do {
      again = false
      await work()
    } while (again)
    running = false
  }

  return () => void run()
}
