import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions as ServerTls } from 'node:tls'
import t from 'tap'
import type { TlsOptions } from '../../../../lib/upstream/socket.ts'
import { createAuthority, issue } from '../../../certificates.ts'
import { connect } from './client.ts'

const ca = createAuthority()
const certificate = issue({ ca, names: ['127.0.0.1'] })

/** A server that accepts, and says nothing of HTTP/2. */
async function startSilentServer(tls: ServerTls | null) {
  const accept = (socket: Socket) => socket.on('error', () => {}).resume()
  const server = tls === null ? createServer(accept) : createTlsServer(tls, accept)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } }
}

const stages: [stage: string, serverTls: ServerTls | null, tls: TlsOptions | null][] = [
  ['its settings', null, null],
  ['the handshake of TLS', null, { ca: ca.cert }],
  ['its settings, over TLS', { ...certificate, ALPNProtocols: ['h2'] }, { ca: ca.cert }]
]

for (const [stage, serverTls, tls] of stages) {
  t.test(`a server that accepts and never comes to ${stage} is given up, and its socket closed`, async t => {
    const { server, address } = await startSilentServer(serverTls)
    const { closed } = connect(t, address, { tls, connectTimeoutMs: 100 })
    t.match(await closed, { code: 'ETIMEDOUT', message: 'no HTTP/2 connection in 100 ms' })
    server.close()
    // When its last connection is gone.
    await once(server, 'close')
  })
}
