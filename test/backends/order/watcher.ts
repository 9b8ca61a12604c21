import type { Client } from '@connectrpc/connect'
import type { OrderEvent, OrderService } from '../../../gen/shop/order/v1/order_pb.ts'

/** A reader of the events of an order, over a real connection. */
export interface Watcher {
  /** Waits for the next event; undefined: the stream ended well. */
  next(): Promise<OrderEvent | undefined>
  /** Resolves with the headers, which an accepted stream has before there is an event; a refusal has them too. */
  accepted: Promise<void>
  /** Goes away. */
  leave(): void
}

/** Begins to watch at once. */
export function watch(orders: Client<typeof OrderService>, orderId: string, afterSeq = 0n): Watcher {
  const leaving = new AbortController()
  const accepted = Promise.withResolvers<void>()
  const events = orders
    .watchOrder({ orderId, afterSeq }, { signal: leaving.signal, onHeader: () => accepted.resolve() })
    [Symbol.asyncIterator]()
  // The call begins when the first event is asked for.
  let first: ReturnType<typeof events.next> | undefined = events.next()
  first.catch(accepted.reject)
  accepted.promise.catch(() => {})
  return {
    accepted: accepted.promise,
    async next() {
      const step = first ?? events.next()
      first = undefined
      return (await step).value
    },
    leave: () => leaving.abort()
  }
}

/** The numbers of all events until the stream ends. */
export async function seqsUntilEnd(watcher: Watcher): Promise<bigint[]> {
  const seqs: bigint[] = []
  for (let event = await watcher.next(); event; event = await watcher.next()) seqs.push(event.seq)
  return seqs
}
