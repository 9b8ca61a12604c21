// The health check of a service's container: exits 0 when the service on PORT says SERVING (grpc.health.v1), 1 otherwise.

import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../gen/grpc/health/v1/health_pb.ts'

const timeoutMs = 3_000

async function isServing(port: string): Promise<boolean> {
  const client = createClient(Health, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }))
  const { status } = await client.check({}, { timeoutMs })
  return status === ServingStatus.SERVING
}

const port = process.env.PORT
if (!port) console.error('PORT is not set')
// Exiting closes the connection, which would otherwise keep the process alive.
process.exit(port && (await isServing(port).catch(() => false)) ? 0 : 1)
