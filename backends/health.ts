// The health check of a service's container: exits 0 when the service on PORT says SERVING (grpc.health.v1), 1 otherwise.

import { createChannel } from '../lib/upstream/channel/channel.ts'

const timeoutMs = 3_000

async function isServing(port: string): Promise<boolean> {
  const target = `http://127.0.0.1:${port}`
  return createChannel({ name: 'service', target, health: { mode: 'off' } }).isServing(timeoutMs)
}

const port = process.env.PORT
if (!port) console.error('PORT is not set')
// Exiting closes the connection, which would otherwise keep the process alive.
process.exit(port && (await isServing(port).catch(() => false)) ? 0 : 1)
