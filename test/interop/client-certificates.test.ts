import { Code } from '@connectrpc/connect'
import { createAuthority, issue } from '../certificates.ts'
import { asking } from './ask.ts'
import { open } from './client.ts'
import { against, authority, certificate } from './subjects.ts'

const clients = createAuthority('Issues certificates to clients')
const tls = { ...certificate, clientCa: clients.cert }

against(
  'a server that asks for our certificate gets it',
  async (t, start) => {
    const ours = issue({ ca: clients, names: ['gateway'] })
    const { client } = open(t, await start(t, { tls }), { tls: { ca: authority.cert, ...ours } })
    const value = Buffer.from('who goes there?')
    t.same((await client.unary({ value }, { headers: asking({ id: 'known' }) })).value, new Uint8Array(value))
  },
  { over: ['TLS'] }
)

against(
  'a server that asks for our certificate takes no other, and none',
  async (t, start) => {
    const server = await start(t, { tls })
    const stranger = issue({ ca: createAuthority(), names: ['gateway'] })
    for (const ours of [stranger, {}]) {
      const { client } = open(t, server, { tls: { ca: authority.cert, ...ours }, waitForReadyMs: 0 })
      await t.rejects(client.unary({}, { headers: asking({ id: 'stranger' }) }), { code: Code.Unavailable })
    }
  },
  { over: ['TLS'] }
)

against(
  'a server whose certificate is for another, or of an unknown authority, is not called',
  async (t, start) => {
    const other = issue({ ca: authority, names: ['other.test'] })
    const unknown = issue({ ca: createAuthority(), names: ['127.0.0.1'] })
    for (const tls of [other, unknown]) {
      const { client } = open(t, await start(t, { tls }), { waitForReadyMs: 0 })
      await t.rejects(client.unary({}, { headers: asking({ id: 'impostor' }) }), { code: Code.Unavailable })
    }
  },
  { over: ['TLS'] }
)
