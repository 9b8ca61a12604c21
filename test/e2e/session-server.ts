import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type t from 'tap'

/** The server of a web page, which keeps the token of its user: the browser holds a session cookie, and no script sees it. */
export interface SessionServer {
  url: string
  /** Breaks off all streams; who comes back waits for `reconnect`. */
  cut(): void
  reconnect(): void
}

const passedHeaders = ['accept', 'last-event-id']

/** Serves `page` at `/`, and the gateway's `/api/` to whoever has the cookie that comes with the page. */
export async function startSessionServer(
  test: Pick<typeof t, 'teardown'>,
  { gatewayUrl, token, page }: { gatewayUrl: string; token: string; page: string }
): Promise<SessionServer> {
  const session = randomUUID()
  const streams = new Set<ServerResponse>()
  let gate = Promise.resolve()
  let open = () => {}

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.url === '/') {
      const headers = { 'content-type': 'text/html', 'set-cookie': `session=${session}; HttpOnly; SameSite=Strict` }
      response.writeHead(200, headers).end(page)
    } else if (incoming.headers.cookie !== `session=${session}`) {
      response.writeHead(401).end()
    } else {
      await gate
      await forward(incoming, response)
    }
  }

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(passedHeaders.map(name => [name, incoming.headers[name] ?? []]))
    const outgoing = request(new URL(incoming.url!, gatewayUrl), {
      headers: { ...headers, authorization: `Bearer ${token}` }
    }).end()
    response.on('close', () => outgoing.destroy())
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    streams.add(response)
    response.writeHead(answer.statusCode!, { 'content-type': answer.headers['content-type'] ?? 'text/plain' })
    // The browser would wait for seconds before it comes back.
    if (answer.statusCode === 200) response.write('retry: 20\n\n')
    await pipeline(answer, response).finally(() => streams.delete(response))
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cut() {
      const gated = Promise.withResolvers<void>()
      gate = gated.promise
      open = gated.resolve
      for (const stream of streams) stream.destroy()
    },
    reconnect: () => open()
  }
}
