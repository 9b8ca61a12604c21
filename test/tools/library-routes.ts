import type { FastifyInstance } from 'fastify'
import { LibraryService } from '../fixtures/gen/fixture/v1/library_pb.ts'

/** A route plugin as a developer has one, of a service that is none of the shop's. */
export default async function library(gateway: FastifyInstance) {
  gateway.transcode(LibraryService, { upstream: 'product' })
}
