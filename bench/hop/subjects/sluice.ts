// The shop's gateway with all that it does, and a service with a stream; telemetry is off as long as no endpoint is set.
import { buildGateway } from '../../../app.ts'
import type { UpstreamName } from '../../../plugins/upstreams.ts'
import { run } from '../../../run.ts'
import { StreamService } from '../../../test/fixtures/gen/fixture/v1/streams_pb.ts'

await run(config => {
  const gateway = buildGateway(config)
  gateway.register(async function streams(scope) {
    scope.transcode(StreamService, { upstream: 'product' satisfies UpstreamName })
  })
  return gateway
})
