import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { createServer as createTlsServer, type TlsOptions as ServerTls, type TLSSocket } from 'node:tls'
import t from 'tap'
import { type Address, closeSocket, openSocket, type TlsOptions } from '../../../lib/upstream/socket.ts'
import { createAuthority, issue } from '../../certificates.ts'

type Tap = Pick<typeof t, 'teardown'>

const ca = createAuthority()
const stranger = createAuthority('Another authority')
const names = ['localhost', '127.0.0.1']
const server = issue({ ca, names })
const client = issue({ ca, names: ['gateway.test'] })
const trusting = { ca: ca.cert }
const h2 = { ALPNProtocols: ['h2'] }

/** A server that does this with each connection; `tls` is null for plain text. It ends with the test. */
async function listen(
  t: Tap,
  tls: ServerTls | null,
  onConnection: (socket: Socket | TLSSocket) => void,
  path?: string
) {
  const connections = new Set<Socket>()
  const accept = (socket: Socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  }
  const listener = tls === null ? createServer(accept) : createTlsServer(tls, accept)
  listener.on('connection', socket => connections.add(socket))
  t.teardown(() => {
    listener.close()
    for (const socket of connections) socket.destroy()
  })
  if (path === undefined) listener.listen(0, '127.0.0.1')
  else listener.listen(path)
  await once(listener, 'listening')
  return path === undefined ? { host: '127.0.0.1', port: (listener.address() as AddressInfo).port } : { path }
}

/** A socket that is opened, and what becomes of it. */
function open(t: Tap, address: Address, tls: TlsOptions | null) {
  const connected = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<(Error & { code?: string }) | null>()
  const events: string[] = []
  const chunks: Buffer[] = []
  const memory = new Set<ArrayBufferLike>()
  const socket = openSocket({
    address,
    tls,
    onConnect() {
      events.push('connect')
      connected.resolve()
    },
    onRead(bytes) {
      chunks.push(Buffer.from(bytes))
      memory.add(bytes.buffer)
    },
    onDrain() {
      events.push('drain')
    },
    onClose(error) {
      events.push('close')
      closed.resolve(error)
    }
  })
  t.teardown(() => socket.destroy())
  return { socket, connected: connected.promise, closed: closed.promise, events, chunks, memory }
}

const echo = (socket: Socket) => socket.pipe(socket)

const kinds: [kind: string, serverTls: ServerTls | null, tls: TlsOptions | null][] = [
  ['TCP', null, null],
  ['TLS', { ...server, ...h2 }, trusting]
]

for (const [kind, serverTls, tls] of kinds) {
  t.test(`${kind}: what is written comes to the server, and what it writes is read`, async t => {
    const { socket, connected, chunks } = open(t, await listen(t, serverTls, echo), tls)
    await connected
    socket.write('hello')
    while (chunks.length === 0) await new Promise(setImmediate)
    t.equal(String(Buffer.concat(chunks)), 'hello')
  })

  t.test(`${kind}: all bytes come in order, in one buffer that is used again`, async t => {
    const sent = Buffer.from(Uint32Array.from({ length: 250_000 }, (_, at) => at).buffer)
    const { closed, chunks, memory } = open(t, await listen(t, serverTls, socket => socket.end(sent)), tls)
    t.equal(await closed, null)
    t.ok(Buffer.concat(chunks).equals(sent))
    t.ok(chunks.length > 1)
    t.equal(memory.size, 1)
  })

  t.test(`${kind}: small writes are not held back`, async t => {
    const { socket, connected } = open(t, await listen(t, serverTls, echo), tls)
    const delays: unknown[] = []
    const handle = Reflect.get(socket, '_handle')
    const setNoDelay = handle.setNoDelay.bind(handle)
    handle.setNoDelay = (enable: unknown) => {
      delays.push(enable)
      return setNoDelay(enable)
    }
    await connected
    t.same(delays, [true])
  })

  t.test(`${kind}: who writes too much is told when more can be written`, async t => {
    const { socket, connected, events } = open(t, await listen(t, serverTls, socket => socket.resume()), tls)
    await connected
    t.equal(socket.write(Buffer.alloc(32 * 1024 * 1024)), false)
    while (!events.includes('drain')) await new Promise(setImmediate)
  })

  t.test(`${kind}: what was written before it is closed arrives`, async t => {
    const received = Promise.withResolvers<number>()
    const count = (socket: Socket) => {
      let bytes = 0
      socket.on('data', chunk => (bytes += chunk.length)).once('end', () => received.resolve(bytes))
    }
    const { socket, connected, closed } = open(t, await listen(t, serverTls, count), tls)
    await connected
    socket.write(Buffer.alloc(8 * 1024 * 1024))
    closeSocket(socket)
    t.equal(await received.promise, 8 * 1024 * 1024)
    t.equal(await closed, null)
  })

  t.test(`${kind}: a server that does not read cannot keep it open for longer than a second`, async t => {
    const { socket, connected, closed, events } = open(t, await listen(t, serverTls, socket => socket.pause()), tls)
    await connected
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    socket.write(Buffer.alloc(32 * 1024 * 1024))
    closeSocket(socket)
    mock.timers.tick(999)
    t.equal(socket.destroyed, false)
    mock.timers.tick(1)
    t.equal(await closed, null)
    t.same(events, ['connect', 'close'])
  })

  t.test(`${kind}: a server that ends is no error, and is told once`, async t => {
    const { closed, events } = open(t, await listen(t, serverTls, socket => socket.end()), tls)
    t.equal(await closed, null)
    t.same(events, ['connect', 'close'])
  })

  t.test(`${kind}: a server that resets is an error with Node's code`, async t => {
    const reset = (socket: Socket) => socket.once('data', () => resetOf(socket))
    const { socket, connected, closed, events } = open(t, await listen(t, serverTls, reset), tls)
    await connected
    socket.write('x')
    t.equal((await closed)?.code, 'ECONNRESET')
    t.same(events, ['connect', 'close'])
  })

  t.test(`${kind}: what is destroyed by us says no error`, async t => {
    const { socket, connected, closed } = open(t, await listen(t, serverTls, echo), tls)
    await connected
    socket.destroy()
    t.equal(await closed, null)
  })

  t.test(`${kind}: a server that refuses is an error with Node's code`, async t => {
    const { closed, events } = open(t, await unusedAddress(), tls)
    t.equal((await closed)?.code, 'ECONNREFUSED')
    t.same(events, ['close'])
  })

  t.test(`${kind}: a name of which no address answers says of each why`, async t => {
    const { port } = await unusedAddress()
    const error = await open(t, { host: 'localhost', port }, tls).closed
    t.equal(error?.code, 'ECONNREFUSED')
    t.match(error?.message, `127.0.0.1:${port}`)
  })

  t.test(`${kind}: a name that is none is an error with Node's code`, async t => {
    t.match((await open(t, { host: 'no.such.name.invalid', port: 1 }, tls).closed)?.code, /^(ENOTFOUND|EAI_AGAIN)$/)
  })

  t.test(`${kind}: a Unix domain socket is as good`, async t => {
    const path = join(temporaryFolder(t), 'upstream.sock')
    const { closed, chunks } = open(t, await listen(t, serverTls, socket => socket.end('hello'), path), tls)
    t.equal(await closed, null)
    t.equal(String(Buffer.concat(chunks)), 'hello')
  })

  t.test(`${kind}: a Unix domain socket that is missing is an error with Node's code`, async t => {
    t.equal((await open(t, { path: join(temporaryFolder(t), 'missing.sock') }, tls).closed)?.code, 'ENOENT')
  })
}

const accepted: [what: string, serverTls: ServerTls, tls: TlsOptions][] = [
  ['whose certificate is for its address', { ...issue({ ca, names: ['127.0.0.1'] }), ...h2 }, trusting],
  ['whose certificate is for the name that we expect', { ...server, ...h2 }, { ...trusting, serverName: 'localhost' }],
  [
    'whose certificate is for the address that we expect, which is another than that we connect to',
    { ...issue({ ca, names: ['192.0.2.1'] }), ...h2 },
    { ...trusting, serverName: '192.0.2.1' }
  ],
  [
    'whose certificate is for all names of a domain',
    { ...issue({ ca, names: ['*.shop.test'] }), ...h2 },
    { ...trusting, serverName: 'order.shop.test' }
  ],
  ['of one of several authorities', { ...server, ...h2 }, { ca: [stranger.cert, ca.cert] }],
  ['that speaks HTTP/1.1 too', { ...server, ALPNProtocols: ['http/1.1', 'h2'] }, trusting],
  ['with TLS 1.2', { ...server, ...h2, maxVersion: 'TLSv1.2' }, trusting],
  [
    'that asks for our certificate',
    { ...server, ...h2, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    { ...trusting, ...client }
  ]
]

for (const [what, serverTls, tls] of accepted) {
  t.test(`TLS: talks to a server ${what}`, async t => {
    const { closed, chunks } = open(t, await listen(t, serverTls, socket => socket.end('hello')), tls)
    t.equal(await closed, null)
    t.equal(String(Buffer.concat(chunks)), 'hello')
  })
}

const refused: [what: string, serverTls: ServerTls, tls: TlsOptions, code: string][] = [
  ['of an authority that nobody knows', { ...server, ...h2 }, {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['of another authority', { ...server, ...h2 }, { ca: stranger.cert }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [
    'of another authority that has the name of ours',
    { ...issue({ ca: createAuthority(), names }), ...h2 },
    trusting,
    'CERT_SIGNATURE_FAILURE'
  ],
  ['whose certificate has expired', { ...issue({ ca, names, expired: true }), ...h2 }, trusting, 'CERT_HAS_EXPIRED'],
  [
    'whose certificate is for another name',
    { ...issue({ ca, names: ['other.test'] }), ...h2 },
    { ...trusting, serverName: 'localhost' },
    'ERR_TLS_CERT_ALTNAME_INVALID'
  ],
  [
    'whose certificate is for another address',
    { ...issue({ ca, names: ['127.0.0.2', 'localhost'] }), ...h2 },
    trusting,
    'ERR_TLS_CERT_ALTNAME_INVALID'
  ],
  [
    'whose certificate is for its address, when we expect another',
    { ...server, ...h2 },
    { ...trusting, serverName: '192.0.2.1' },
    'ERR_TLS_CERT_ALTNAME_INVALID'
  ],
  ['without ALPN', server, trusting, 'ERR_TLS_ALPN'],
  [
    'that speaks HTTP/1.1 only',
    { ...server, ALPNProtocols: ['http/1.1'] },
    trusting,
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'
  ],
  [
    'with TLS 1.1',
    { ...server, ...h2, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    trusting,
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'
  ],
  [
    'with less than the TLS that we want',
    { ...server, ...h2, maxVersion: 'TLSv1.2' },
    { ...trusting, minVersion: 'TLSv1.3' },
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'
  ]
]

for (const [what, serverTls, tls, code] of refused) {
  t.test(`TLS: refuses a server ${what}`, async t => {
    const { closed, events } = open(t, await listen(t, serverTls, echo), tls)
    t.equal((await closed)?.code, code)
    t.same(events, ['close'], 'and never says that it is connected')
  })
}

t.test('TLS: verification cannot be switched off by the environment', async t => {
  t.intercept(process, 'env', { value: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } })
  const { closed } = open(t, await listen(t, { ...server, ...h2 }, echo), {})
  t.equal((await closed)?.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

t.test('TLS: the name is told to the server, and an address is not', async t => {
  const asked: (string | false | null)[] = []
  const onConnection = (socket: Socket) => {
    asked.push((socket as TLSSocket).servername)
    socket.end()
  }
  const address = await listen(t, { ...server, ...h2 }, onConnection)
  await open(t, address, { ...trusting, serverName: 'localhost' }).closed
  await open(t, address, trusting).closed
  t.same(asked, ['localhost', false])
})

t.test('TLS: a server that asks for our certificate in vain says so', async t => {
  const asking = { ...server, ...h2, ca: ca.cert, requestCert: true, rejectUnauthorized: true }
  t.equal(
    (await open(t, await listen(t, asking, echo), trusting).closed)?.code,
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'
  )
})

t.test('TLS: a server of plain text is an error, and not talked to', async t => {
  const address = await listen(t, null, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const { closed, events } = open(t, address, trusting)
  t.equal((await closed)?.code, 'ERR_SSL_WRONG_VERSION_NUMBER')
  t.same(events, ['close'])
})

t.test('TLS: a server that ends within the handshake is an error', async t => {
  const { closed, events } = open(t, await listen(t, null, socket => socket.end()), trusting)
  t.equal((await closed)?.code, 'ECONNRESET')
  t.same(events, ['close'])
})

t.test('TLS: a server that says nothing can be left', async t => {
  const accepted = Promise.withResolvers<void>()
  const { socket, closed, events } = open(t, await listen(t, null, () => accepted.resolve()), trusting)
  await accepted.promise
  socket.destroy()
  t.equal(await closed, null)
  t.same(events, ['close'])
})

t.test('TLS: a certificate that is none is refused before anything is opened', async t => {
  t.throws(() => open(t, { host: '127.0.0.1', port: 1 }, { cert: 'nothing', key: 'nothing' }))
})

function resetOf(socket: Socket): void {
  // Of a TLS socket, only what is below can be reset.
  const below: Socket = Reflect.get(socket, '_parent') ?? socket
  below.resetAndDestroy()
}

/** An address where nobody listens. */
async function unusedAddress(): Promise<{ host: string; port: number }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  listener.close()
  await once(listener, 'close')
  return { host: '127.0.0.1', port }
}

function temporaryFolder(t: Tap): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-socket-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}
