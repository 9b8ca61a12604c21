// Transcoding alone, over the channel, where nothing stands in the place of the other concerns. A call has a deadline, and
// nobody on whose behalf it is made.
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { withDeadline } from '../../../lib/policies/deadline.ts'
import { createChannel } from '../../../lib/upstream/channel/channel.ts'
import { createWire } from '../../../lib/upstream/grpc/wire.ts'
import errors from '../../../plugins/errors.ts'
import transcoding from '../../../plugins/transcoding.ts'
import { ShopService } from '../../gen/bench/v1/shop_pb.ts'
import { fillerService } from './filler-service.ts'
import { bodyLimit, readSettings } from './start.ts'
import { inWorkers } from './workers.ts'

const { port, upstreamPort, extraRoutes, workers } = readSettings()

await inWorkers(workers, async () => {
  const app = Fastify({ bodyLimit })
  app.register(absent('sluice-tracing'))
  app.register(absent('sluice-limiting'))
  app.register(absent('sluice-auth'))
  app.register(errors)
  app.register(upstreams())
  app.register(transcoding)
  app.register(async gateway => {
    const upstream = 'shop' as never
    const print = { enums: 'name' } as const
    gateway.transcode(ShopService, { upstream, print })
    if (extraRoutes > 0) gateway.transcode(fillerService(extraRoutes), { upstream, print })
  })
  await app.listen({ host: '127.0.0.1', port })
})

/** Takes the place of a plugin that others depend on: it lets everybody pass. */
function absent(name: string) {
  return fp(async () => {}, { name })
}

/** Takes the place of the plugin whose upstreams do all that they do in production. */
function upstreams() {
  return fp(
    async gateway => {
      const channel = createChannel({ name: 'shop', target: `127.0.0.1:${upstreamPort}` })
      const wire = createWire({
        send: channel.send,
        policies: [withDeadline({ defaultMs: 5000 })],
        writeMaxBytes: bodyLimit
      })
      gateway.decorate('upstreams', { shop: { wire } as never })
      gateway.decorateRequest('caller', null as never)
    },
    { name: 'sluice-upstreams' }
  )
}
