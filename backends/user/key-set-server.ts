import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface KeySetServer {
  /** Where the keys are. */
  url: string
  close(): Promise<void>
}

const path = '/.well-known/jwks.json'

/**
 * Publishes a key set by plain HTTP.
 *
 * @param port 0 for any free one.
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startKeySetServer(document: string, host: string, port: number): Promise<KeySetServer> {
  const server = createServer((request, response) => {
    const isAsked = request.url === path && (request.method === 'GET' || request.method === 'HEAD')
    if (!isAsked) response.writeHead(404).end()
    else
      response
        .writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': 'max-age=300' })
        .end(document)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }
}
