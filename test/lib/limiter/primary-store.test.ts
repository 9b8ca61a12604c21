import t from 'tap'
import { MemoryStore } from '../../../lib/limiter/memory-store.ts'
import {
  answerTake,
  isTakeRequest,
  type Peer,
  PrimaryStore,
  type TakeAnswer,
  type TakeRequest
} from '../../../lib/limiter/primary-store.ts'
import type { Taken } from '../../../lib/limiter/store.ts'

const bucket = { size: 2, periodMs: 1_000_000 }

/** A process that asks `store`, which answers when it likes. */
function connect(store: MemoryStore, onRequest: (request: TakeRequest) => void = () => {}): PrimaryStore {
  let listener: (answer: TakeAnswer) => void = () => {}
  const peer: Peer = {
    send(message) {
      t.ok(isTakeRequest(message))
      onRequest(message)
      void answerTake(store, structuredClone(message)).then(answer => listener(structuredClone(answer)))
    },
    onAnswer(given) {
      listener = given
    }
  }
  return new PrimaryStore(peer)
}

t.test('processes that ask the same one share its buckets', async t => {
  const store = new MemoryStore()
  const processes = [connect(store), connect(store)]
  const taken: Taken[] = []
  for (const index of [0, 1, 0, 1]) taken.push(await processes[index]!.take('a', bucket, 1))
  t.same(
    taken.map(({ allowed }) => allowed),
    [true, true, false, false]
  )
  t.match(await processes[0]!.take('b', bucket, 2), { allowed: true, remaining: 0 })
})

t.test('what is asked for in one turn goes in one message, and each gets its own answer', async t => {
  const requests: TakeRequest[] = []
  const process = connect(new MemoryStore(), request => requests.push(request))
  const taken = await Promise.all(['a', 'a', 'b', 'a'].map(key => process.take(key, bucket, 1)))
  t.same(
    taken.map(({ allowed, remaining }) => [allowed, remaining]),
    [
      [true, 1],
      [true, 0],
      [true, 1],
      [false, 0]
    ]
  )
  await process.take('b', bucket, 1)
  t.same(
    requests.map(({ takes }) => takes.length),
    [4, 1]
  )
})

t.test('what is no question for tokens is left to others', async t => {
  for (const message of ['ready', null, 7, {}, { type: 'other' }]) t.equal(isTakeRequest(message), false)
})
