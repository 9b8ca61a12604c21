import type { Peer } from '../peer.ts'
import { startNode } from './node/start.ts'
import { versionsOf } from './node/versions.ts'

/** The least that can be written over Node's own HTTP/2, so that only the hop differs from Sluice. */
export const nodeHttp2: Peer = {
  id: 'node-http2',
  title: 'Fastify + node:http2',
  modes: ['bare'],
  cases: ['product', 'list20', 'list200', 'list2000', 'stream', 'wide10', 'wide50', 'wide200'],
  remarks: 'Messages are framed by hand and printed by the codec of Sluice; calls have no deadline.',
  version: async () => versionsOf('fastify'),
  build: async () => null,
  start: async settings => startNode('./node-http2.ts', settings)
}
