import { randomBytes } from 'node:crypto'
import type { Client } from '@connectrpc/connect'
import type { InteropService } from '../fixtures/gen/fixture/v1/interop_pb.ts'
import { asking } from './ask.ts'
import { lengths, MiB, startAndOpen } from './client.ts'
import { against } from './subjects.ts'

const messageBytes = 16 * 1024
const messageCount = (16 * MiB) / messageBytes
const message = randomBytes(messageBytes)

/** What may be on its way when nobody reads: the window, and what both sides keep in buffers. */
const mostOnItsWay = MiB / messageBytes

/** Messages of a request, and how many were asked for. */
function createSource() {
  const source = { pulled: 0, messages: pull() }
  async function* pull() {
    while (source.pulled < messageCount) {
      source.pulled += 1
      yield { value: message }
    }
  }
  return source
}

/**
 * What a count stands at: it has not changed while a number of calls on the same connection came and went, which also shows
 * that what is held back holds back nobody else.
 */
async function standstill(
  client: Client<typeof InteropService>,
  count: () => Promise<number> | number
): Promise<number> {
  const headers = asking({ id: 'beside' })
  let last = 0
  for (let unchanged = 0; unchanged < 20; unchanged++) {
    await client.unary({ value: message }, { headers })
    const now = await count()
    if (now === 0 || now !== last) unchanged = 0
    last = now
  }
  return last
}

against('a server waits for a reader who does not read', async (t, start) => {
  const { client, seen } = await startAndOpen(t, start)
  const headers = asking({ id: 'slow reader', answers: messageCount, answerBytes: messageBytes })
  const answer = client.serverStream({}, { headers })[Symbol.asyncIterator]()
  t.equal((await answer.next()).value?.value.length, messageBytes)
  const sent = await standstill(client, async () => (await seen('slow reader')).sent)
  t.ok(sent < mostOnItsWay, `${sent} messages were sent`)
  const rest = await lengths({ [Symbol.asyncIterator]: () => answer })
  t.equal(rest.length, messageCount - 1)
})

against('the source of a stream waits for a server that does not read', async (t, start) => {
  const { client, release } = await startAndOpen(t, start)
  const source = createSource()
  const headers = asking({ id: 'slow server', hold: true })
  const answer = client.clientStream(source.messages, { headers })
  const pulled = await standstill(client, () => source.pulled)
  t.ok(pulled < mostOnItsWay, `${pulled} messages were pulled`)
  await release('slow server')
  t.equal(Buffer.from((await answer).value).toString(), String(16 * MiB))
  t.equal(source.pulled, messageCount)
})

against('both directions wait, and then go on', async (t, start) => {
  const { client, seen } = await startAndOpen(t, start)
  const source = createSource()
  const answer = client.bidiStream(source.messages, { headers: asking({ id: 'stuffed' }) })[Symbol.asyncIterator]()
  await answer.next()
  const pulled = await standstill(client, () => source.pulled)
  const { sent } = await seen('stuffed')
  t.ok(pulled < 2 * mostOnItsWay && sent < mostOnItsWay, `${pulled} messages were pulled, and ${sent} sent back`)
  let last: Uint8Array | undefined
  let count = 1
  for await (const { value } of { [Symbol.asyncIterator]: () => answer }) {
    count += 1
    last = value
  }
  t.equal(count, messageCount)
  t.ok(message.equals(last!))
})

against('both sides of a stream speak in turn', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const turns = 200
  let mayAsk = Promise.withResolvers<void>()
  async function* questions() {
    for (let asked = 0; asked < turns; asked++) {
      await mayAsk.promise
      mayAsk = Promise.withResolvers<void>()
      yield { value: Buffer.from(String(asked)) }
    }
  }
  mayAsk.resolve()
  const heard: string[] = []
  for await (const { value } of client.bidiStream(questions(), { headers: asking({ id: 'in turn' }) })) {
    heard.push(Buffer.from(value).toString())
    mayAsk.resolve()
  }
  t.same(
    heard,
    Array.from({ length: turns }, (_, turn) => String(turn))
  )
})

against(
  'a server may open its window byte by byte',
  async (t, start) => {
    for (const windowBytes of [1, 16 * 1024]) {
      const { client } = await startAndOpen(t, start, { windowBytes })
      const value = message.subarray(0, windowBytes === 1 ? 500 : messageBytes)
      const headers = asking({ id: 'small' })
      const answer = await client.unary({ value }, { headers })
      t.ok(value.equals(answer.value))
      async function* messages() {
        for (let sent = 0; sent < 5; sent++) yield { value }
      }
      t.equal(
        Buffer.from((await client.clientStream(messages(), { headers })).value).toString(),
        String(5 * value.length)
      )
    }
  },
  { needs: 'small windows' }
)

against(
  'a server may take frames of a mebibyte',
  async (t, start) => {
    const { client } = await startAndOpen(t, start, { maxFrameBytes: MiB, windowBytes: 4 * MiB })
    const value = Buffer.alloc(3 * MiB, message)
    const answer = await client.unary({ value }, { headers: asking({ id: 'large frames' }) })
    t.ok(value.equals(answer.value))
  },
  { needs: 'large frames' }
)
