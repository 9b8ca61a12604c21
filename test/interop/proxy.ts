import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { FrameType, frameHeaderBytes, preface } from '../../lib/upstream/http2/frames.ts'
import type { Server, Tap } from './servers/server.ts'

/** What passes one way, over all connections so far. */
export interface Passed {
  bytes: number
  /** PINGs that ask, and do not answer. */
  pings: number
}

/** Stands between client and server, and counts what passes. Over plain text only. */
export interface Proxy extends Server {
  up: Passed
  down: Passed
  connections: number
}

const ack = 1

/** Starts a proxy before a server, until the test ends. */
export async function startProxy(t: Tap, { port: serverPort }: Server): Promise<Proxy> {
  const up: Passed = { bytes: 0, pings: 0 }
  const down: Passed = { bytes: 0, pings: 0 }
  const proxy = createServer(client => {
    counted.connections += 1
    const server = connect(serverPort, '127.0.0.1')
    count(client, up, preface.length)
    count(server, down, 0)
    for (const [from, to] of [
      [client, server],
      [server, client]
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      t.teardown(() => from.destroy())
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  const counted: Proxy = {
    port: (proxy.address() as AddressInfo).port,
    isSecure: false,
    up,
    down,
    connections: 0,
    async stop() {
      proxy.close()
    }
  }
  return counted
}

/** Counts what comes from a socket, and reads the heads of the frames in it. */
function count(socket: Socket, passed: Passed, prefaceBytes: number): void {
  let unread = Buffer.alloc(0)
  let skip = prefaceBytes
  socket.on('data', chunk => {
    passed.bytes += chunk.length
    unread = Buffer.concat([unread, chunk])
    for (;;) {
      const skipped = Math.min(skip, unread.length)
      skip -= skipped
      unread = unread.subarray(skipped)
      if (unread.length < frameHeaderBytes) return
      const [type, flags] = [unread[3]!, unread[4]!]
      if (type === FrameType.PING && (flags & ack) === 0) passed.pings += 1
      skip = frameHeaderBytes + unread.readUIntBE(0, 3)
    }
  })
}
