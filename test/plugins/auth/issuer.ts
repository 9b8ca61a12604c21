import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from '../../helper.ts'

/** An issuer of tokens, as the gateway sees it. */
export interface Issuer {
  /** Where its keys are. */
  url: string
  /** What is published. */
  keys: { jwk: object }[]
  isDown: boolean
  /** What it answers in place of the keys; null: the keys. */
  answer: RequestListener | null
  /** How often it was asked. */
  asked: number
}

/** An issuer that publishes keys, on a free port. */
export async function startIssuer(t: Test, ...keys: { jwk: object }[]): Promise<Issuer> {
  const issuer: Issuer = { url: '', keys, isDown: false, answer: null, asked: 0 }
  const server = createServer((request, response) => {
    issuer.asked += 1
    if (issuer.answer !== null) issuer.answer(request, response)
    else if (issuer.isDown) response.writeHead(503).end()
    else response.end(JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`
  return issuer
}
