import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import type t from 'tap'
import type { NameLookup } from '../../../../lib/upstream/channel/addresses.ts'

/** What a name has. */
export interface Records {
  a?: string[]
  srv?: { priority: number; weight: number; port: number; target: string }[]
}

const typeA = 1
const typeSrv = 33

type Tap = Pick<typeof t, 'teardown'>

/** A DNS server on this machine (RFC 1035), and what asks it. It knows A and SRV (RFC 2782); the test may change the zone. */
export async function startDnsServer(t: Tap, zone: Record<string, Records>): Promise<NameLookup> {
  const socket = createSocket('udp4')
  socket.on('message', (question, { address, port }) => socket.send(answer(question, zone), port, address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const resolver = new dns.Resolver()
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return {
    lookup: async name => (await resolver.resolve4(name)).map(address => ({ address, family: 4 })),
    resolveSrv: name => resolver.resolveSrv(name)
  }
}

/** The question is repeated, and each answer points back to its name. */
function answer(question: Buffer, zone: Record<string, Records>): Buffer {
  const { name, end } = readName(question)
  const type = question.readUInt16BE(end)
  const { a = [], srv = [] } = zone[name] ?? {}
  const data = type === typeA ? a.map(encodeAddress) : type === typeSrv ? srv.map(encodeService) : []
  const head = Buffer.from(question.subarray(0, end + 4))
  // A response, recursion available; NXDOMAIN for what is not known.
  head.writeUInt16BE(name in zone ? 0x8180 : 0x8183, 2)
  head.writeUInt16BE(data.length, 6)
  // No further records, as EDNS is (RFC 6891).
  head.writeUInt16BE(0, 10)
  return Buffer.concat([head, ...data.flatMap(rdata => [recordHead(type, rdata.length), rdata])])
}

function readName(question: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  while (question[at] !== 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]!))
    at += 1 + question[at]!
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function recordHead(type: number, length: number): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, 0])
  head.writeUInt16BE(length, 10)
  return head
}

function encodeAddress(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

function encodeService({ priority, weight, port, target }: NonNullable<Records['srv']>[number]): Buffer {
  const numbers = Buffer.alloc(6)
  for (const [at, number] of [priority, weight, port].entries()) numbers.writeUInt16BE(number, at * 2)
  const labels = target.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  return Buffer.concat([numbers, ...labels, Buffer.from([0])])
}
