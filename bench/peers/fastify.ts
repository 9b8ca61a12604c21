import type { Peer } from '../peer.ts'
import { startNode } from './node/start.ts'
import { versionsOf } from './node/versions.ts'

/** The floor that everything is compared with. */
export const fastify: Peer = {
  id: 'fastify',
  title: 'bare Fastify, no upstream',
  modes: ['bare'],
  remarks: 'Answers with a text that it has.',
  version: async () => versionsOf('fastify'),
  build: async () => null,
  start: async settings => startNode('./fastify.ts', settings)
}
