import type { Peer } from '../peer.ts'
import { connectNode } from '../peers/connect-node.ts'
import { envoy } from '../peers/envoy.ts'
import { fastify } from '../peers/fastify.ts'
import { gin } from '../peers/gin.ts'
import { grpcGateway } from '../peers/grpc-gateway.ts'
import { httpProxy } from '../peers/http-proxy.ts'
import { nginx } from '../peers/nginx.ts'
import { nodeHttp2 } from '../peers/node-http2.ts'
import { sluice } from '../peers/sluice.ts'
import { structuredProxy } from '../peers/structured-proxy.ts'
import { vanguard } from '../peers/vanguard.ts'
import type { Participant } from '../report/results.ts'

/** All contenders; the first is the floor that the others are compared with. */
export const allPeers: readonly Peer[] = [
  fastify,
  sluice,
  gin,
  grpcGateway,
  vanguard,
  envoy,
  structuredProxy,
  connectNode,
  nodeHttp2,
  httpProxy,
  nginx
]

/** What others are compared with, as they are called in tables. */
export const titlesOf = { floor: fastify.title, ours: sluice.title }

/** A contender that is not there, and why. */
export interface Missing {
  peer: Peer
  reason: string
}

/** What `PEER` asks for: ids, with commas between them. Empty: all of them. */
const wanted = (process.env.PEER ?? '').split(',').filter(id => id !== '')

/** What is wrong with `PEER`; null: nothing. */
export function problemOfPeers(): string | null {
  const ids = allPeers.map(({ id }) => id)
  const unknown = wanted.filter(id => !ids.includes(id))
  return unknown.length === 0
    ? null
    : `PEER takes ${ids.join(', ')}, with commas between them; not ${unknown.join(', ')}`
}

/**
 * Builds the contenders that were asked for in `PEER`. The floor is always among them.
 *
 * @param quickly leaves those out that take minutes to build
 * @throws Error when `PEER` names one that there is not
 */
export async function buildPeers({ quickly = false } = {}): Promise<{ peers: Peer[]; missing: Missing[] }> {
  const problem = problemOfPeers()
  if (problem !== null) throw new Error(problem)
  const peers: Peer[] = []
  const missing: Missing[] = []
  for (const [index, peer] of allPeers.entries()) {
    if (index > 0 && wanted.length > 0 && !wanted.includes(peer.id)) continue
    const isTooSlow = quickly && wanted.length === 0 && peer.slowToBuild === true
    const reason = isTooSlow ? 'it takes minutes to build' : await peer.build()
    if (reason === null) peers.push(peer)
    else missing.push({ peer, reason })
  }
  return { peers, missing }
}

/** All contenders as the report lists them, with the versions of those that can be had. */
export async function participants(): Promise<Participant[]> {
  const { peers, missing } = await buildPeers()
  return Promise.all(
    [...peers.map(peer => ({ peer, reason: null })), ...missing].map(async ({ peer, reason }) => ({
      id: peer.id,
      title: peer.title,
      version: reason === null ? await peer.version() : '',
      modes: peer.modes,
      remarks: peer.remarks ?? '',
      missing: reason
    }))
  )
}
