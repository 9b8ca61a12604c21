import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import pg from 'pg'
import { pino } from 'pino'
import t from 'tap'
import { listen } from '../../../backends/shared/listener.ts'
import { startPostgres, type Test } from '../helper.ts'

const log = pino({ level: 'silent' })
const url = (await startPostgres()).url('postgres')

/** A queue of what a listener hears, with `null` for each time that it begins to listen. */
function startListener(t: Test, channel: string, listenUrl = url) {
  const heard: (string | null)[] = []
  let wake = () => {}
  const take = (payload: string | null) => {
    heard.push(payload)
    wake()
  }
  const listener = listen({
    url: listenUrl,
    channel,
    log,
    onListening: () => take(null),
    onNotification: take
  })
  t.teardown(() => listener.close())
  return {
    close: listener.close,
    async next(): Promise<string | null> {
      while (heard.length === 0) await new Promise<void>(resolve => (wake = resolve))
      return heard.shift()!
    }
  }
}

async function connectTo(t: Test): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  return client
}

t.test('what is announced on the channel is heard, and nothing else', async t => {
  const listener = startListener(t, 'Some "channel"')
  t.equal(await listener.next(), null)
  const client = await connectTo(t)
  await client.query(`SELECT pg_notify('another', 'no'), pg_notify('Some "channel"', 'yes')`)
  await client.query(`SELECT pg_notify('Some "channel"', '')`)
  t.strictSame([await listener.next(), await listener.next()], ['yes', ''])
})

t.test('a connection that breaks is opened again, each time', async t => {
  const listener = startListener(t, 'broken')
  const client = await connectTo(t)
  for (const payload of ['one', 'two']) {
    t.equal(await listener.next(), null)
    await client.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query = 'LISTEN "broken"'`)
    t.equal(await listener.next(), null, 'it listens again')
    await client.query(`SELECT pg_notify('broken', $1)`, [payload])
    t.equal(await listener.next(), payload)
    await client.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query = 'LISTEN "broken"'`)
  }
})

t.test('a database that is away is tried until it is there', async t => {
  const refusing = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
  t.teardown(() => refusing.close())
  await once(refusing, 'listening')
  const { port } = refusing.address() as AddressInfo
  const there = new URL(url)
  const proxied = new URL(url)
  proxied.host = `127.0.0.1:${port}`
  const listener = startListener(t, 'away', proxied.href)
  await once(refusing, 'connection')
  refusing.removeAllListeners('connection')
  refusing.on('connection', socket => {
    const upstream = connect(Number(there.port), there.hostname)
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  t.equal(await listener.next(), null)
})

t.test('a listener that is closed has left the database', async t => {
  const listener = startListener(t, 'closing')
  await listener.next()
  await listener.close()
  const client = await connectTo(t)
  const { rows } = await client.query(`SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN "closing"'`)
  t.strictSame(rows, [])
})

t.test('a listener can be closed while its database is away', async t => {
  const listener = startListener(t, 'nowhere', 'postgres://nobody@127.0.0.1:1/none')
  await t.resolves(listener.close())
})
