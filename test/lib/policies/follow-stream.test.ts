import { createContextValues, type StreamResponse } from '@connectrpc/connect'
import t from 'tap'
import { followStream, translateStream } from '../../../lib/policies/follow-stream.ts'
import { watchTopic } from './streams.ts'

/** A stream of numbers that fails at the end, when there is an error; what it is followed by, and what that heard. */
function createFollowed(error?: Error) {
  const heard: unknown[] = []
  const controller = new AbortController()
  const state = { returned: false }
  async function* messages() {
    try {
      yield 1
      yield 2
      if (error !== undefined) throw error
    } finally {
      state.returned = true
    }
  }
  const response = {
    stream: true,
    method: watchTopic,
    service: watchTopic.parent,
    header: new Headers({ a: '1' }),
    trailer: new Headers(),
    contextValues: createContextValues(),
    message: messages()
  } as unknown as StreamResponse
  const followed = followStream(response, controller.signal, {
    succeeded: () => heard.push('well'),
    failed: error => heard.push(error)
  })
  return { followed, heard, controller, state }
}

t.test('a stream that is read to its end ended well, and is otherwise as it was', async t => {
  const { followed, heard } = createFollowed()
  const read: unknown[] = []
  for await (const message of followed.message) {
    t.same(heard, [])
    read.push(message)
  }
  t.same(read, [1, 2])
  t.same(heard, ['well'])
  t.equal(followed.header.get('a'), '1')
})

t.test('a stream that fails is told once, and its reader too', async t => {
  const error = new Error('broken')
  const { followed, heard } = createFollowed(error)
  await t.rejects(async () => {
    for await (const _ of followed.message);
  }, error)
  t.same(heard, [error])
})

t.test('a stream that nobody reads ends with its call', async t => {
  const { heard, controller } = createFollowed()
  const reason = new Error('gone')
  controller.abort(reason)
  t.same(heard, [reason])
})

t.test('what happens after the end is not told', async t => {
  const { followed, heard, controller } = createFollowed()
  for await (const _ of followed.message);
  controller.abort()
  t.same(heard, ['well'])
})

t.test('a reader that stops is passed on', async t => {
  const { followed, state } = createFollowed()
  for await (const _ of followed.message) break
  t.equal(state.returned, true)
})

t.test('a reader may get another error than the stream had', async t => {
  const { followed } = createFollowed(new Error('broken'))
  const translated = translateStream(followed, error => new RangeError((error as Error).message))
  const read: unknown[] = []
  await t.rejects(
    async () => {
      for await (const message of translated.message) read.push(message)
    },
    { name: 'RangeError', message: 'broken' }
  )
  t.same(read, [1, 2])
})
