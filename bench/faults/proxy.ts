import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What becomes of the bytes: they pass; they vanish, and so do the ends of connections, as when a cable is cut; or they
 * trickle, one by one, to the client.
 */
export type ProxyMode = 'pass' | 'swallow' | 'drip'

const dripEveryMs = 10

export interface FaultProxy {
  port: number
  /** From now on, for connections that there are and that come. */
  setMode(mode: ProxyMode): void
  close(): void
}

/** A TCP proxy on a free port. What it has swallowed is lost, so that a connection that has lost bytes stays silent. */
export async function startProxy(upstreamPort: number): Promise<FaultProxy> {
  let mode: ProxyMode = 'pass'
  const links = new Set<Link>()
  const server = createServer(client => {
    const link = new Link(client, connect({ host: '127.0.0.1', port: upstreamPort, noDelay: true }), () => mode)
    links.add(link)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const timer = setInterval(() => {
    for (const link of links) link.drip()
  }, dripEveryMs)
  return {
    port: (server.address() as AddressInfo).port,
    setMode(next) {
      if (mode === 'drip') for (const link of links) link.flush()
      mode = next
    },
    close() {
      clearInterval(timer)
      for (const link of links) link.destroy()
      server.close()
    }
  }
}

/** One connection through the proxy. */
class Link {
  readonly #client: Socket
  readonly #upstream: Socket
  #dripping: Buffer[] = []
  #isDead = false

  constructor(client: Socket, upstream: Socket, mode: () => ProxyMode) {
    this.#client = client
    this.#upstream = upstream
    const swallows = () => {
      this.#isDead ||= mode() === 'swallow'
      return this.#isDead
    }
    client.on('data', bytes => {
      if (!swallows()) upstream.write(bytes)
    })
    upstream.on('data', bytes => {
      if (swallows()) return
      if (mode() === 'drip') this.#dripping.push(bytes)
      else client.write(bytes)
    })
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      socket.on('error', () => {})
      socket.once('close', () => {
        if (!swallows()) other.destroy()
      })
    }
  }

  /** Lets one byte through. */
  drip(): void {
    const [first] = this.#dripping
    if (first === undefined) return
    this.#client.write(first.subarray(0, 1))
    if (first.length > 1) this.#dripping[0] = first.subarray(1)
    else this.#dripping.shift()
  }

  /** Lets all through that was held back. */
  flush(): void {
    for (const bytes of this.#dripping) this.#client.write(bytes)
    this.#dripping = []
  }

  destroy(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }
}
