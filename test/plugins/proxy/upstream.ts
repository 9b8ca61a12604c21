import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Built, build, type Test } from '../../helper.ts'

/** A request as the upstream got it. */
export interface Seen extends Pick<IncomingMessage, 'method' | 'url' | 'headers'> {
  body: string
}

type WithFolder = Test & { testdir(): string }

/** A plain HTTP service that keeps what it is asked, and answers as told; 200 by default. */
export async function startHttp(t: Test, answer: RequestListener = (_request, response) => response.end('here')) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    try {
      for await (const chunk of request) body += chunk
    } catch {
      return
    }
    const { method, url, headers } = request
    seen.push({ method, url, headers, body })
    answer(request, response)
  })
  const url = await listen(t, server, () => server.closeAllConnections())
  return { url, seen }
}

/** A server that says what `onRequest` writes, whenever it has got something. */
export async function startRaw(t: Test, onRequest: (socket: Socket, count: number) => void) {
  const sockets = new Set<Socket>()
  let count = 0
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', () => onRequest(socket, count++))
  })
  const url = await listen(t, server, () => {
    for (const socket of sockets) socket.destroy()
  })
  return { url, sockets }
}

export async function listen(t: Test, server: Server, cut: () => void): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A gateway that passes `/legacy` on to the target. The route is public, unless `route` says otherwise. */
export function buildProxy(
  t: WithFolder,
  target: string,
  route: object = {},
  env: NodeJS.ProcessEnv = {}
): Promise<Built> {
  const path = join(t.testdir(), 'proxy.json')
  const routes = [{ name: 'legacy', prefix: '/legacy', target, access: 'public', ...route }]
  writeFileSync(path, JSON.stringify({ routes }))
  return build(t, { ...env, PROXY_FILE: path })
}
