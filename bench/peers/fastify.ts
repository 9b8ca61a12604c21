import packageJson from '../../package.json' with { type: 'json' }
import type { Peer } from '../peer.ts'
import { startNode } from './node/start.ts'

/** The floor that everything is compared with. */
export const fastify: Peer = {
  id: 'fastify',
  title: 'bare Fastify, no upstream',
  modes: ['bare'],
  remarks: 'Answers with a text that it has.',
  version: async () => `Fastify ${packageJson.dependencies.fastify}, Node ${process.version}`,
  build: async () => null,
  start: async settings => startNode('./fastify.ts', settings)
}
