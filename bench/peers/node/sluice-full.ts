// A gateway in front of the service of the bench, with all that it does.
import { buildEdge } from '../../../app.ts'
import { run } from '../../../run.ts'
import { ShopService } from '../../gen/bench/v1/shop_pb.ts'
import { fillerService } from './filler-service.ts'
import { readSettings } from './start.ts'

const { upstreamPort, extraRoutes } = readSettings()

await run(config => {
  const gateway = buildEdge(config, { shop: { target: `127.0.0.1:${upstreamPort}`, service: ShopService } })
  gateway.register(async scope => {
    // The bench names its upstream in its own way, beside the shop's.
    const upstream = 'shop' as never
    const print = { enums: 'name' } as const
    scope.transcode(ShopService, { upstream, print })
    if (extraRoutes > 0) scope.transcode(fillerService(extraRoutes), { upstream, print })
  })
  return gateway
})
