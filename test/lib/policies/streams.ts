import type { ServerHttp2Stream } from 'node:http2'
import type t from 'tap'
import type { Policy } from '../../../lib/upstream/grpc/call.ts'
import { StreamService } from '../../fixtures/gen/fixture/v1/streams_pb.ts'
import { connectWire } from '../upstream/grpc/helper.ts'
import { grpcHeaders, rawFrame, startRawServer } from '../upstream/grpc/servers.ts'

type Tap = Pick<typeof t, 'teardown'>

export const { watchTopic } = StreamService.method

/** How a stream goes on after its first message. */
export type Ending = 'well' | 'with an error' | 'with a reset' | 'never'

const endings: Record<Ending, (stream: ServerHttp2Stream) => void> = {
  well: stream => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end()
  },
  'with an error': stream => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '13' }))
    stream.end()
  },
  'with a reset': stream => stream.session?.destroy(),
  never: () => {}
}

/** Calls an upstream whose streams answer with one message, and then end as they are told to in the header `ending`. */
export async function startStreaming(t: Tap, policies: (url: string) => Policy[]) {
  const { url } = await startRawServer(t, (stream, headers) => {
    stream.respond(grpcHeaders, { waitForTrailers: true })
    stream.write(rawFrame(Buffer.from('one')), () => endings[headers.ending as Ending](stream))
  })
  const wire = connectWire(t, url, { policies: policies(url) })
  return (ending: Ending, options: { signal?: AbortSignal; timeoutMs?: number } = {}) =>
    wire.stream(watchTopic, Buffer.from('hi'), { ...options, header: { ending } })
}
