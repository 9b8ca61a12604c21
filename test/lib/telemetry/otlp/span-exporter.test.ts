import { once } from 'node:events'
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { Code } from '@connectrpc/connect'
import { diag } from '@opentelemetry/api'
import t from 'tap'
import type { ExporterSettings } from '../../../../lib/telemetry/otlp/exporter-settings.ts'
import { SpanExporter } from '../../../../lib/telemetry/otlp/span-exporter.ts'
import { createAuthority, issue } from '../../../certificates.ts'
import { answer, type RawAnswer, rawFrame, startRawServer } from '../../upstream/grpc/servers.ts'

const request = Buffer.from('the spans')
const ok = { 'grpc-status': '0' }
const taken: RawAnswer = { body: [rawFrame(new Uint8Array())], trailers: ok }
const longMs = 60_000

function createExporter(t: { teardown(end: () => void): unknown }, settings: Partial<ExporterSettings>): SpanExporter {
  const exporter = new SpanExporter({ target: 'http://127.0.0.1:1', headers: {}, timeoutMs: longMs, ...settings })
  t.teardown(() => exporter.close())
  return exporter
}

interface Received {
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Keeps what it gets, and answers with one after the other; the last one from then on. */
function collector(...answers: RawAnswer[]) {
  const received: Received[] = []
  const onStream = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    received.push({ headers, body: await buffer(stream) })
    answer(stream, answers[Math.min(received.length, answers.length) - 1]!)
  }
  return { received, onStream }
}

t.test('spans arrive as they are, with the headers that were asked for', async t => {
  const { received, onStream } = collector(taken)
  const { url } = await startRawServer(t, onStream)
  await createExporter(t, { target: url, headers: { 'x-api-key': 'k' } }).export(request, longMs)
  const [{ headers, body }] = received as [Received]
  t.match(headers, {
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc+proto',
    'x-api-key': 'k'
  })
  t.same(body, rawFrame(request))
})

t.test('they can be sent in gzip', async t => {
  const { received, onStream } = collector(taken)
  const { url } = await startRawServer(t, onStream)
  await createExporter(t, { target: url, sendCompression: 'gzip' }).export(request, longMs)
  t.equal(received[0]?.headers['grpc-encoding'], 'gzip')
  t.same(gunzipSync(received[0]!.body.subarray(5)), request)
})

t.test('they can be sent over TLS, with a certificate of our own', async t => {
  const ca = createAuthority()
  const { received, onStream } = collector(taken)
  const server = createSecureServer({
    ...issue({ ca, names: ['localhost'] }),
    ca: ca.cert,
    requestCert: true,
    rejectUnauthorized: true
  })
  server.on('stream', onStream)
  server.on('session', session => t.teardown(() => session.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const target = `https://localhost:${(server.address() as AddressInfo).port}`
  const own = issue({ ca, names: ['gateway.test'] })
  await createExporter(t, { target, tls: { ca: ca.cert, ...own } }).export(request, longMs)
  t.same(received[0]?.body, rawFrame(request))
})

t.test('what a collector cannot take now is sent again', async t => {
  const { received, onStream } = collector({ trailers: { 'grpc-status': '14' } }, taken)
  const { url } = await startRawServer(t, onStream)
  await createExporter(t, { target: url }).export(request, longMs)
  t.same(
    received.map(({ body }) => body),
    [rawFrame(request), rawFrame(request)]
  )
})

t.test('what a collector refuses is an error', async t => {
  const { received, onStream } = collector({ trailers: { 'grpc-status': '16' } })
  const { url } = await startRawServer(t, onStream)
  await t.rejects(createExporter(t, { target: url }).export(request, longMs), { code: Code.Unauthenticated })
  t.equal(received.length, 1)
})

t.test('a collector that does not answer has as much time as the shorter of the two says', async t => {
  const { url } = await startRawServer(t, () => {})
  for (const [settings, asked] of [
    [20, longMs],
    [longMs, 20]
  ] as const) {
    const exporter = createExporter(t, { target: url, timeoutMs: settings })
    await t.rejects(exporter.export(request, asked), { code: Code.DeadlineExceeded })
  }
})

t.test('of spans that a collector did not want is told', async t => {
  const partialSuccess = new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(2)
    .tag(2, WireType.LengthDelimited)
    .string('old')
  const message = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(partialSuccess.finish()).finish()
  const { onStream } = collector({ body: [rawFrame(message)], trailers: ok })
  const { url } = await startRawServer(t, onStream)
  const warnings: string[] = []
  const ignore = () => {}
  diag.setLogger({ warn: text => warnings.push(text), error: ignore, info: ignore, debug: ignore, verbose: ignore })
  t.teardown(() => diag.disable())
  await createExporter(t, { target: url }).export(request, longMs)
  t.same(warnings, ['the collector took an export but for 2 spans: old'])
})

t.test('a target that is none keeps the process from starting', async t => {
  t.throws(() => createExporter(t, { target: 'ftp://collector' }), { code: 'SLUICE_ERR_OPTION_INVALID' })
})
