import { Code } from '@connectrpc/connect'
import t from 'tap'
import { withTranslatedErrors } from '../../../../lib/policies/connection.ts'
import type { OnOver } from '../../../../lib/upstream/grpc/attempt.ts'
import type { Answer, Call } from '../../../../lib/upstream/grpc/call.ts'
import { Lifetime } from '../../../../lib/upstream/grpc/lifetime.ts'
import { Metadata } from '../../../../lib/upstream/grpc/metadata.ts'
import { rpcOf } from '../../../../lib/upstream/grpc/rpc.ts'
import { UnaryCall } from '../../../../lib/upstream/grpc/unary-call.ts'
import type { Http2Connection } from '../../../../lib/upstream/http2/connection.ts'
import { ErrorCode, StreamError } from '../../../../lib/upstream/http2/errors.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { connectWire } from './helper.ts'
import {
  answer,
  frameTypes,
  packedHeaders,
  packedStatus,
  rawFrame,
  startFrameServer,
  startRawServer
} from './servers.ts'

/** A call whose stream is opened on nothing, so that a test says itself what becomes of it. */
function openCall(lifetime: Lifetime, onOver: OnOver = () => {}) {
  const call: Call = {
    rpc: rpcOf(StreamService.method.getCover),
    content: Buffer.from('hello'),
    metadata: new Metadata(),
    lifetime,
    caller: null,
    timeoutMs: undefined,
    repeatable: 'unsent',
    hedgeAfterMs: null,
    avoid: null,
    span: null,
    endpoint: null
  }
  const limits = { readMaxBytes: 100, writeMaxBytes: 100, headersTimeoutMs: null }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const attempt = new UnaryCall(call, limits, onOver, resolve, reject)
  attempt.open({ open() {}, takesHeaders: () => true } as unknown as Http2Connection)
  return { attempt, promise }
}

t.test('a cancellation by the upstream is that of the deadline, also when its timer is a moment earlier', async t => {
  const reset = new StreamError(ErrorCode.CANCEL, 'peer', false, 'reset')
  for (const isLate of [false, true]) {
    const lifetime = new Lifetime()
    t.teardown(() => lifetime.close())
    lifetime.endAt(performance.now() + (isLate ? 2 : 60_000))
    const { attempt, promise } = openCall(lifetime)
    while (isLate && lifetime.remainingMs() > 1);
    attempt.onClosed(reset)
    await t.rejects(promise, { code: isLate ? Code.DeadlineExceeded : Code.Canceled })
    // What policies tell a deadline by.
    t.equal(lifetime.reason?.code, isLate ? Code.DeadlineExceeded : undefined)
  }
})

t.test('a stream that the upstream has ended with an error is not reset', async t => {
  const refusal = Buffer.concat([packedHeaders, packedStatus(Code.NotFound)])
  const { url, resets } = await startFrameServer(t, send => send(frameTypes.headers, 0x5, refusal))
  const wire = connectWire(t, url)
  for (let count = 0; count < 3; count++) {
    await t.rejects(wire.unary(StreamService.method.getCover, Buffer.from('hello')), { code: Code.NotFound })
  }
  // Those of the first two calls would have come before the third.
  t.same(resets, [])
})

t.test('that a call had no time left when it came says nothing of the upstream', async t => {
  const lifetime = new Lifetime()
  lifetime.endAt(performance.now() + 2)
  while (lifetime.remainingMs() > 0);
  const ends: (Code | undefined)[] = []
  const { promise } = openCall(lifetime, error => ends.push(error?.code))
  await t.rejects(promise, { code: Code.DeadlineExceeded })
  t.same(ends, [Code.Canceled])
})

t.test('headers that are larger than the upstream takes are not sent: they are the client’s', async t => {
  const settings = { maxHeaderListSize: 2_000 }
  const { url, streams } = await startRawServer(
    t,
    stream => answer(stream, { body: [rawFrame(Buffer.from('hello'))], trailers: { 'grpc-status': '0' } }),
    { settings }
  )
  const wire = connectWire(t, url, { policies: [withTranslatedErrors()] })
  const { getCover } = StreamService.method
  const large = wire.unary(getCover, Buffer.alloc(0), { header: { baggage: 'a'.repeat(1_900) } })
  await t.rejects(large, { code: 'SLUICE_ERR_HEADERS_TOO_LARGE' })
  await wire.unary(getCover, Buffer.alloc(0), { header: { baggage: 'a'.repeat(1_000) } })
  t.equal(streams.length, 1)
})
