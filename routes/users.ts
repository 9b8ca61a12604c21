import type { FastifyInstance } from 'fastify'
import { UserService } from '../gen/shop/user/v1/user_pb.ts'

/** Accounts and sessions. */
export default async function users(gateway: FastifyInstance) {
  gateway.transcode(UserService, { upstream: 'user' })
}
