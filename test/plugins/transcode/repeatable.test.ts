import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { publicPolicy } from '../../../lib/policies/route-policy.ts'
import { compileRepeatable } from '../../../plugins/transcode/repeatable.ts'

const withKey = { headers: { 'idempotency-key': 'k' } } as unknown as FastifyRequest
const without = { headers: {} } as FastifyRequest

t.test('what a policy calls idempotent may be made again, with a key or without', async t => {
  const repeatableOf = compileRepeatable({ ...publicPolicy, idempotent: true })
  t.same([repeatableOf(withKey), repeatableOf(without)], ['safe', 'safe'])
})

t.test('what takes an Idempotency-Key may be made again once, if there is one', async t => {
  const repeatableOf = compileRepeatable({ ...publicPolicy, idempotencyKeyField: 'request_id' })
  t.same([repeatableOf(withKey), repeatableOf(without)], ['keyed', 'unsent'])
})

t.test('a key that the service does not see makes no difference', async t => {
  t.equal(compileRepeatable(publicPolicy)(withKey), 'unsent')
})
