import t from 'tap'
import { mapMessages } from '../../../../lib/upstream/grpc/map-messages.ts'

/** Gives these, and then what never comes; knows whether anybody still wants it. */
function createSource(...values: number[]) {
  const source = { isReturned: false, [Symbol.asyncIterator]: () => iterator }
  const iterator = {
    next: (): Promise<IteratorResult<number>> => {
      const value = values.shift()
      return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value })
    },
    async return() {
      source.isReturned = true
      return { done: true, value: undefined } as const
    }
  }
  return source
}

t.test('messages get another form, until they end', async t => {
  async function* source() {
    yield 1
    yield 2
  }
  let done = 0
  const onDone = () => {
    done += 1
  }
  const mapped = mapMessages(source(), value => `${value}`, { onDone, errorOf: error => error })
  const texts: string[] = []
  for await (const text of mapped) texts.push(text)
  t.same(texts, ['1', '2'])
  t.equal(done, 1)
})

t.test('a source hears at once that nobody wants its messages, even while one is waited for', async t => {
  const source = createSource()
  const messages = mapMessages(source, value => value)[Symbol.asyncIterator]()
  void messages.next()
  t.match(await messages.return?.(), { done: true })
  t.equal(source.isReturned, true)
})

t.test('when a message has no other form, nobody wants the rest', async t => {
  const source = createSource(1, 2)
  const cause = new RangeError('no')
  const refuse = () => {
    throw cause
  }
  await t.rejects(mapMessages(source, refuse)[Symbol.asyncIterator]().next(), cause)
  t.equal(source.isReturned, true)
})

t.test('errors may be told as others', async t => {
  // biome-ignore lint/correctness/useYield: it fails before it has anything to say
  async function* failing(): AsyncGenerator<number> {
    throw new RangeError('no')
  }
  const errorOf = (error: unknown) => new TypeError('yes', { cause: error })
  const messages = mapMessages(failing(), value => value, { onDone: () => t.fail('it failed'), errorOf })
  await t.rejects(messages[Symbol.asyncIterator]().next(), { name: 'TypeError', cause: { name: 'RangeError' } })
})
