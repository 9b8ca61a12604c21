import { until } from '../helper.ts'
import { asking } from './ask.ts'
import { startAndOpen } from './client.ts'
import { against } from './subjects.ts'

against('64 and 500 calls go on at a time, on one connection', async (t, start) => {
  const { client, seen, release } = await startAndOpen(t, start)
  const peers = new Set<string | null>()
  for (const count of [64, 500]) {
    const id = `${count} calls`
    const options = {
      headers: asking({ id, hold: true }),
      onHeader: (header: Headers) => peers.add(header.get('peer'))
    }
    const values = Array.from({ length: count }, (_, number) => Buffer.from(`call ${number} `.repeat(100)))
    const answers = values.map(value => client.unary({ value }, options))
    await until(async () => (await seen(id)).open === count)
    await release(id)
    const texts = (await Promise.all(answers)).map(({ value }) => Buffer.from(value).toString())
    t.same(texts, values.map(String), 'each has its own answer')
  }
  t.equal(peers.size, 1)
})

against('calls wait for a server that takes one at a time', async (t, start) => {
  const { client, channel, seen, release } = await startAndOpen(t, start, { maxStreams: 1 })
  const headers = asking({ id: 'one by one', hold: true })
  const answers = Array.from({ length: 8 }, () => client.unary({}, { headers }))
  await until(async () => (await seen('one by one')).open === 1)
  t.match(channel.state(), { waiting: 7, endpoints: [{ inFlight: 1 }] })
  await release('one by one')
  await Promise.all(answers)
  t.match(await seen('one by one'), { calls: 8, mostOpen: 1 })
})

// Servers measure the connection meanwhile: grpc-go by a PING for the data of each call.
against('thousands of calls go over one connection, each when one has ended', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const peers = new Set<string | null>()
  const options = {
    headers: asking({ id: 'one after the other' }),
    onHeader: (header: Headers) => peers.add(header.get('peer'))
  }
  let left = 2_000
  async function keepAsking(): Promise<void> {
    while (left-- > 0) await client.unary({}, options)
  }
  await Promise.all(Array.from({ length: 64 }, keepAsking))
  t.equal(peers.size, 1)
})
