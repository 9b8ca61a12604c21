import { mock } from 'node:test'
import t from 'tap'
import { type TickingMessages, withTicks } from '../../../lib/stream/ticks.ts'

mock.timers.enable({ apis: ['setTimeout'] })

/** A source whose messages come when the test says so; it counts how often it was asked. */
function controlled() {
  const asked: PromiseWithResolvers<IteratorResult<string>>[] = []
  const source: AsyncIterator<string> = {
    next() {
      const question = Promise.withResolvers<IteratorResult<string>>()
      asked.push(question)
      return question.promise
    }
  }
  return { asked, messages: withTicks(source) }
}

/** Waits for a message for as long as may be, in which none comes. */
async function silence(messages: TickingMessages<string>): Promise<unknown> {
  const next = messages.next(15_000)
  mock.timers.tick(15_000)
  return next
}

const tick = { done: false, value: null }
const message = (value: string): IteratorResult<string> => ({ done: false, value })

t.test('messages come as the source has them, and its end', async t => {
  async function* source() {
    yield 'a'
    yield 'b'
  }
  const messages = withTicks(source())
  t.same(await messages.next(Infinity), message('a'))
  t.same(await messages.next(Infinity), message('b'))
  t.same(await messages.next(Infinity), { done: true, value: undefined })
})

t.test('the source is asked when a message is wanted, and not before', async t => {
  const { asked, messages } = controlled()
  t.equal(asked.length, 0)
  const first = messages.next(Infinity)
  t.equal(asked.length, 1)
  asked[0]!.resolve(message('a'))
  await first
  t.equal(asked.length, 1)
})

t.test('a silence is told, and the message that ends it is not lost', async t => {
  const { asked, messages } = controlled()
  t.same(await silence(messages), tick)
  t.same(await silence(messages), tick)
  const next = messages.next(Infinity)
  asked[0]!.resolve(message('late'))
  t.same(await next, message('late'))
  t.equal(asked.length, 1)
})

t.test('what comes while nobody waits is kept', async t => {
  const { asked, messages } = controlled()
  await silence(messages)
  asked[0]!.resolve(message('kept'))
  await asked[0]!.promise
  t.same(await messages.next(Infinity), message('kept'))
  const next = messages.next(Infinity)
  asked[1]!.resolve(message('after'))
  t.same(await next, message('after'))
})

t.test('an error of the source is told, also one that came while nobody waited', async t => {
  const { asked, messages } = controlled()
  await silence(messages)
  asked[0]!.reject(new Error('broken'))
  await asked[0]!.promise.catch(() => {})
  await t.rejects(messages.next(Infinity), { message: 'broken' })
})

t.test('who stops it is heard at once, and ever after', async t => {
  const { messages } = controlled()
  const next = messages.next(Infinity)
  messages.stop(new Error('shutting down'))
  await t.rejects(next, { message: 'shutting down' })
  await t.rejects(messages.next(Infinity), { message: 'shutting down' })
})
