import t from 'tap'
import { MemoryStore } from '../../../lib/limiter/memory-store.ts'

const oneToken = { size: 1, periodMs: 1_000 }

t.test('each key has a bucket', async t => {
  const store = new MemoryStore({ now: () => 0 })
  t.equal(store.take('a', oneToken).allowed, true)
  t.equal(store.take('a', oneToken).allowed, false)
  t.equal(store.take('b', oneToken).allowed, true)
})

t.test('a bucket fills with time', async t => {
  let clock = 0
  const store = new MemoryStore({ now: () => clock })
  store.take('a', oneToken)
  clock = 1_000
  t.equal(store.take('a', oneToken).allowed, true)
})

t.test('what was used last is remembered, and what was not is forgotten', async t => {
  const store = new MemoryStore({ maxKeys: 4, now: () => 0 })
  for (const key of ['a', 'b', 'a', 'c']) store.take(key, oneToken)
  t.equal(store.take('a', oneToken).allowed, false, 'kept')
  t.equal(store.take('b', oneToken).allowed, true, 'forgotten')
})

t.test('the number of keys is bounded, and the half of it that was used last is never forgotten', async t => {
  const store = new MemoryStore({ maxKeys: 100, now: () => 0 })
  for (let index = 0; index < 1_000; index++) {
    store.take(`key ${index}`, oneToken)
    if (index >= 49) store.take(`key ${index - 49}`, oneToken)
    t.ok(store.size <= 100, `${store.size} keys`)
    t.equal(store.take(`key ${index}`, oneToken).allowed, false)
  }
  for (let index = 970; index < 1_000; index++) t.equal(store.take(`key ${index}`, oneToken).allowed, false)
})

t.test('a key may be any text', async t => {
  const store = new MemoryStore()
  for (const key of ['__proto__', 'constructor', '', 'a:*{}\r\n']) t.equal(store.take(key, oneToken).allowed, true)
})

t.test('long keys are told apart, and kept short', async t => {
  const store = new MemoryStore({ now: () => 0 })
  const long = 'x'.repeat(10_000)
  t.equal(store.take(`${long}a`, oneToken).allowed, true)
  t.equal(store.take(`${long}b`, oneToken).allowed, true)
  t.equal(store.take(`${long}a`, oneToken).allowed, false)
})
