import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { OrderEvent, OrderService } from '../../gen/shop/order/v1/order_pb.ts'
import { callerOf } from '../shared/identity.ts'
import { sendHeaders } from '../shared/response-head.ts'
import type { Changes, OrderChanges } from './changes.ts'
import { ownerFilter } from './deps.ts'
import { toEvent } from './messages.ts'
import type { Db, OrderRow } from './schema.ts'
import { isFinal } from './status.ts'
import { eventsOf, requireOrder } from './store.ts'
import { createWatchSlots } from './watch-slots.ts'

export interface WatchOptions {
  /** How long one stream lasts, in ms; then it ends well, and whoever wants more asks again. Default 30 minutes. */
  maxWatchMs?: number
  /** How many streams a user may have at once, per process. Default 5. */
  streamsPerUser?: number
}

/**
 * The rpc that tells the changes of an order as they happen, to its user, to operators and services. Events are read when
 * the reader has taken the earlier ones, so a slow reader makes nobody keep anything for it.
 *
 * Their numbers arrive in order, without gaps, each once: `seq` counts under the lock of the order, so no event is seen
 * before those that precede it.
 */
export function createWatchRpc(
  { db, changes }: { db: Db; changes: OrderChanges },
  { maxWatchMs = 30 * 60_000, streamsPerUser = 5 }: WatchOptions = {}
): Pick<ServiceImpl<typeof OrderService>, 'watchOrder'> {
  const slots = createWatchSlots(streamsPerUser)

  /** What a stream holds, given back when it ends, or at once when the caller leaves, whatever the stream waits for then. */
  function hold(orderId: string, context: HandlerContext) {
    const held = new DisposableStack()
    held.defer(slots.take(callerOf(context)))
    const news = held.adopt(changes.of(orderId), news => news.close())
    held.adopt(setTimeout(news.close, maxWatchMs).unref(), clearTimeout)
    context.signal.addEventListener('abort', () => held.dispose(), { once: true })
    return { held, news }
  }

  return {
    /** @throws NOT_FOUND ORDER_NOT_FOUND; RESOURCE_EXHAUSTED TOO_MANY_STREAMS */
    async *watchOrder({ orderId, afterSeq }, context) {
      const order = await requireOrder(db, orderId, ownerFilter(context))
      context.signal.throwIfAborted()
      const { held, news } = hold(orderId, context)
      try {
        // The first event may be long in coming; until then nobody would know that the stream was accepted.
        sendHeaders(context)
        yield* follow(db, order, afterSeq, news)
        context.signal.throwIfAborted()
      } finally {
        held.dispose()
      }
    }
  }
}

/** The events after `afterSeq` and those to come, until there are no more or `news` is closed. */
async function* follow(db: Db, order: OrderRow, afterSeq: bigint, news: Changes): AsyncGenerator<OrderEvent> {
  // Whoever has seen more than there is gets what comes.
  let seq = afterSeq < order.event_seq ? afterSeq : order.event_seq
  let ended = isFinal(order.status)
  for (;;) {
    for (const event of await eventsOf(db, order.id, seq)) {
      seq = event.seq
      ended = isFinal(event.to_status)
      yield toEvent(event)
    }
    if (ended || !(await news.next())) return
  }
}
