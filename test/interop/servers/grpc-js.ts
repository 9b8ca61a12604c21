import { promisify } from 'node:util'
import { create, type DescMethod, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { anyPack, type BytesValue, EmptySchema, type StringValue, StringValueSchema } from '@bufbuild/protobuf/wkt'
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData
} from '@grpc/grpc-js'
import { ErrorInfoSchema } from '../../../gen/google/rpc/error_details_pb.ts'
import { StatusSchema } from '../../../gen/google/rpc/status_pb.ts'
import { InteropService } from '../../fixtures/gen/fixture/v1/interop_pb.ts'
import { type Ask, askIn } from '../ask.ts'
import { type AnswerCall, createAnswers, one, only } from './answers.ts'
import { Records } from './records.ts'
import type { ServerOptions, StartServer } from './server.ts'

/** A server of grpc-js. */
export const startGrpcJs: StartServer = async (t, { tls, maxStreams, pingMs, maxAgeMs } = {}) => {
  const server = new Server({
    'grpc.max_receive_message_length': -1,
    ...(maxStreams !== undefined && { 'grpc.max_concurrent_streams': maxStreams }),
    ...(pingMs !== undefined && { 'grpc.keepalive_time_ms': pingMs }),
    ...(maxAgeMs !== undefined && { 'grpc.max_connection_age_ms': maxAgeMs })
  })
  server.addService(definition, createService())
  t.teardown(() => server.forceShutdown())
  const bind = promisify(server.bindAsync.bind(server))
  const port = await bind('127.0.0.1:0', credentialsOf(tls))
  return { port, isSecure: tls !== undefined, stop: promisify(server.tryShutdown.bind(server)) }
}

function credentialsOf(tls: ServerOptions['tls']): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const { cert, key, clientCa } = tls
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
  const roots = clientCa === undefined ? null : Buffer.from(clientCa)
  return ServerCredentials.createSsl(roots, [pair], roots !== null)
}

/** The service as grpc-js wants it described. */
const definition: ServiceDefinition = Object.fromEntries(
  InteropService.methods.map(method => [method.localName, definitionOf(method)])
)

function definitionOf({ parent, name, methodKind, input, output }: DescMethod): MethodDefinition<Message, Message> {
  return {
    path: `/${parent.typeName}/${name}`,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: message => Buffer.from(toBinary(input, message)),
    requestDeserialize: bytes => fromBinary(input, bytes),
    responseSerialize: message => Buffer.from(toBinary(output, message)),
    responseDeserialize: bytes => fromBinary(output, bytes)
  }
}

function createService() {
  const records = new Records()
  const answers = createAnswers(records)

  const unary: handleUnaryCall<BytesValue, BytesValue> = (call, callback) => {
    answerWithOne(begin(call, answers.unary, one(call.request)), callback)
  }
  const clientStream: handleClientStreamingCall<BytesValue, BytesValue> = (call, callback) => {
    answerWithOne(begin(call, answers.clientStream, call), callback)
  }
  const serverStream: handleServerStreamingCall<BytesValue, BytesValue> = call => {
    answerWithMany(begin(call, answers.serverStream, one(call.request)), call)
  }
  const bidiStream: handleBidiStreamingCall<BytesValue, BytesValue> = call => {
    answerWithMany(begin(call, answers.bidiStream, call), call)
  }
  const inspect: handleUnaryCall<StringValue, StringValue> = ({ request }, callback) => {
    callback(null, create(StringValueSchema, { value: JSON.stringify(records.of(request.value).seen) }))
  }
  const release: handleUnaryCall<StringValue, Message> = ({ request }, callback) => {
    records.of(request.value).gate.resolve()
    callback(null, create(EmptySchema))
  }
  return { unary, clientStream, serverStream, bidiStream, inspect, release }
}

/** An answer that has begun, and what it will end with. */
interface Served {
  messages: AsyncIterable<BytesValue>
  trailers: Metadata
  /** Null: it ends well. */
  refusal: StatusObject | null
}

type AnyCall = Pick<
  ServerUnaryCall<BytesValue, BytesValue>,
  'metadata' | 'sendMetadata' | 'getPeer' | 'getDeadline'
> & {
  once(event: 'cancelled', listener: () => void): unknown
}

/** What came as `echo-...` goes back, in headers and trailers. Without headers, an error is all of an answer. */
function begin(call: AnyCall, answer: AnswerCall, messages: AsyncIterable<BytesValue>): Served {
  const ask = askIn(call.metadata.get('ask-bin')[0] as Buffer)
  const trailers = new Metadata()
  for (const name of Object.keys(call.metadata.getMap())) {
    if (name.startsWith('echo-')) for (const value of call.metadata.get(name)) trailers.add(name, value)
  }
  if (ask.error === undefined) {
    const headers = trailers.clone()
    headers.set('peer', call.getPeer())
    call.sendMetadata(headers)
  }
  const over = new AbortController()
  call.once('cancelled', () => over.abort())
  const remainingMs = Number(call.getDeadline()) - Date.now()
  const timeoutMs = Number.isFinite(remainingMs) ? remainingMs : null
  return {
    messages: answer({ ask, timeoutMs, signal: over.signal, messages }),
    trailers,
    refusal: ask.error === undefined ? null : refusalOf(ask.error, trailers)
  }
}

async function answerWithOne(
  { messages, trailers, refusal }: Served,
  callback: sendUnaryData<BytesValue>
): Promise<void> {
  try {
    const message = await only(messages)
    callback(refusal, message, trailers)
  } catch (error) {
    callback(error as Error)
  }
}

/** Sends each message when the one before has gone into the window of the client, and then the status. */
async function answerWithMany(
  { messages, trailers, refusal }: Served,
  call: ServerWritableStream<BytesValue, BytesValue> | ServerDuplexStream<BytesValue, BytesValue>
): Promise<void> {
  try {
    for await (const message of messages) await new Promise<unknown>(resolve => call.write(message, resolve))
    if (refusal === null) call.end(trailers)
    else call.emit('error', refusal)
  } catch (error) {
    call.emit('error', error)
  }
}

/** A status, whose details are in the trailers. */
function refusalOf({ code, text, reason }: NonNullable<Ask['error']>, trailers: Metadata): StatusObject {
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason }))]
  const status = toBinary(StatusSchema, create(StatusSchema, { code, message: text, details }))
  trailers.set('grpc-status-details-bin', Buffer.from(status))
  return { code, details: text, metadata: trailers }
}
