import { create, type Message } from '@bufbuild/protobuf'
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt'
import { type CallOptions, type Client, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { Outgoing } from './outgoing.ts'
import {
  BidiStreamRequestSchema,
  type ClientCompatRequest,
  type ClientResponseResult,
  ClientResponseResultSchema,
  ClientStreamRequestSchema,
  type ConformancePayload,
  ConformancePayloadSchema,
  ConformanceService,
  type Error as ErrorMessage,
  ErrorSchema,
  type Header,
  HeaderSchema,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  UnaryRequestSchema,
  UnimplementedRequestSchema
} from './protos.ts'

/** A response of any of the service's methods. */
interface ConformanceResponse extends Message {
  payload?: ConformancePayload | undefined
}

/**
 * Makes one call with a generated client, as the request describes it.
 *
 * @returns all that a user of the client gets to see of it, its error included
 * @throws Error when the request cannot be followed
 */
export async function invoke(transport: Transport, request: ClientCompatRequest): Promise<ClientResponseResult> {
  const result = create(ClientResponseResultSchema)
  const cancel = new AbortController()
  const outgoing = new Outgoing(request, cancel)
  const responses = call(createClient(ConformanceService, transport), request, outgoing, {
    headers: headersOf(request.requestHeaders),
    signal: cancel.signal,
    ...(request.timeoutMs !== undefined && { timeoutMs: request.timeoutMs }),
    onHeader: headers => {
      result.responseHeaders = headerMessages(headers)
    },
    onTrailer: trailers => {
      result.responseTrailers = headerMessages(trailers)
    }
  })
  const timing = request.cancel?.cancelTiming
  try {
    for await (const { payload } of responses) {
      result.payloads.push(payload ?? create(ConformancePayloadSchema))
      if (timing?.case === 'afterNumResponses' && timing.value === result.payloads.length) cancel.abort()
      outgoing.onResponse()
    }
  } catch (reason) {
    const error = ConnectError.from(reason)
    result.error = errorMessage(error)
    result.responseTrailers = headerMessages(error.metadata)
    result.numUnsentRequests = outgoing.unsent
  } finally {
    outgoing.onEnd()
  }
  return result
}

function call(
  client: Client<typeof ConformanceService>,
  request: ClientCompatRequest,
  outgoing: Outgoing,
  options: CallOptions
): AsyncIterable<ConformanceResponse> {
  switch (request.method) {
    case 'Unary':
      return only(client.unary(outgoing.only(UnaryRequestSchema), options))
    case 'IdempotentUnary':
      return only(client.idempotentUnary(outgoing.only(IdempotentUnaryRequestSchema), options))
    case 'Unimplemented':
      return only(client.unimplemented(outgoing.only(UnimplementedRequestSchema), options))
    case 'ClientStream':
      return only(client.clientStream(outgoing.all(ClientStreamRequestSchema), options))
    case 'ServerStream':
      return client.serverStream(outgoing.only(ServerStreamRequestSchema), options)
    case 'BidiStream':
      return client.bidiStream(outgoing.all(BidiStreamRequestSchema), options)
    default:
      throw new Error(`there is no method ${request.method}`)
  }
}

/** The response of a call that has one. */
async function* only(response: Promise<ConformanceResponse>): AsyncGenerator<ConformanceResponse> {
  yield await response
}

function headersOf(messages: readonly Header[]): Headers {
  const headers = new Headers()
  for (const { name, value } of messages) for (const one of value) headers.append(name, one)
  return headers
}

function headerMessages(headers: Headers): Header[] {
  return [...headers].map(([name, value]) => create(HeaderSchema, { name, value: [value] }))
}

function errorMessage({ code, rawMessage, details }: ConnectError): ErrorMessage {
  return create(ErrorSchema, {
    // Both enumerations number the codes as gRPC does.
    code: code as number as ErrorMessage['code'],
    message: rawMessage,
    details: details.map(detail => {
      if ('desc' in detail) return anyPack(detail.desc, create(detail.desc, detail.value))
      return create(AnySchema, { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value })
    })
  })
}
