import type { FastifyReply } from 'fastify'
import { limitItem } from '../../lib/limiter/rate-limit-fields.ts'
import type { Taken } from '../../lib/limiter/store.ts'
import type { Limit } from './limit.ts'

/** Adds a limit, and what is left of it, to the `RateLimit-Policy` and `RateLimit` of the answer. */
export function tell(reply: FastifyReply, { name, policyItem }: Limit, taken: Taken): void {
  append(reply, 'ratelimit-policy', policyItem)
  append(reply, 'ratelimit', limitItem(name, taken))
}

function append(reply: FastifyReply, field: string, item: string): void {
  const before = reply.getHeader(field)
  reply.header(field, before === undefined ? item : `${before}, ${item}`)
}
