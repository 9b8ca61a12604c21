// Transcoding alone: the plugin of the product over its channel, where nothing stands in the place of the other concerns. A
// call has a deadline, and nobody on whose behalf it is made.
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { withDeadline } from '../../../lib/policies/deadline.ts'
import { createChannel } from '../../../lib/upstream/channel/channel.ts'
import { createWire } from '../../../lib/upstream/grpc/wire.ts'
import errors from '../../../plugins/errors.ts'
import transcoding from '../../../plugins/transcoding.ts'
import { StreamService } from '../../../test/fixtures/gen/fixture/v1/streams_pb.ts'

const channel = createChannel({ name: 'product', target: process.env.PRODUCT_SERVICE_URL! })
const wire = createWire({
  send: channel.send,
  policies: [withDeadline({ defaultMs: 5000 })],
  writeMaxBytes: 1024 * 1024
})

const upstreams = fp(
  async gateway => {
    gateway.decorate('upstreams', { product: { wire } as never })
    gateway.decorateRequest('caller', null as never)
  },
  { name: 'sluice-upstreams' }
)

/** Takes the place of a plugin that others depend on. */
function absent(name: string) {
  return fp(async () => {}, { name })
}

const app = Fastify()
app.register(absent('sluice-tracing'))
app.register(absent('sluice-limiting'))
app.register(absent('sluice-auth'))
app.register(errors)
app.register(upstreams)
app.register(transcoding)
app.register(async gateway => {
  gateway.transcode(ProductService, { upstream: 'product' })
  gateway.transcode(StreamService, { upstream: 'product' })
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
process.send?.('ready')
