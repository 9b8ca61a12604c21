import { randomBytes } from 'node:crypto'
import { asking } from './ask.ts'
import { lengths, MiB, startAndOpen } from './client.ts'
import { against } from './subjects.ts'

const large = randomBytes(16 * MiB)

against('16 MiB go up in one message, and come down again', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const { value } = await client.unary({ value: large }, { headers: asking({ id: 'both' }) })
  t.ok(large.equals(value))
})

against('16 MiB go up in one message', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const { value } = await client.unary({ value: large }, { headers: asking({ id: 'up', answerBytes: 1 }) })
  t.equal(value.length, 1)
})

against('16 MiB come down in one message', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const { value } = await client.unary({}, { headers: asking({ id: 'down', answerBytes: large.length }) })
  t.ok(value.length === large.length)
})

against('calls without a byte are calls', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const headers = asking({ id: 'empty', answers: 3 })
  t.equal((await client.unary({}, { headers })).value.length, 0)
  t.same(await lengths(client.serverStream({}, { headers })), [0, 0, 0])
  async function* messages(count: number) {
    for (let sent = 0; sent < count; sent++) yield {}
  }
  t.equal(Buffer.from((await client.clientStream(messages(3), { headers })).value).toString(), '0')
  t.same(await lengths(client.bidiStream(messages(0), { headers })), [])
  t.same(await lengths(client.bidiStream(messages(3), { headers })), [0, 0, 0])
})
