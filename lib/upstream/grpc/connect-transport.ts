import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary
} from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { RequestError } from '../../../errors.ts'
import { codeOf } from '../../errors/code.ts'
import type { StreamAnswer } from './call.ts'
import { addFields } from './fields.ts'
import { mapMessages } from './map-messages.ts'
import type { Wire } from './wire.ts'

/**
 * connect's transport, for generated clients: messages become bytes and back. A timeout of 0 or less, which would take the
 * deadline away, is the default. Context values are not looked at: a client that calls for somebody has a wire that does.
 */
export function createTransport(wire: Wire): Transport {
  return {
    async unary(method, signal, timeoutMs, header, message) {
      const options = { signal, timeoutMs: timeoutOf(timeoutMs), header }
      try {
        const answer = await wire.unary(method, encode(method.input, message), options)
        return {
          stream: false,
          service: method.parent,
          method,
          header: addFields(new Headers(), answer.headers),
          message: decode(method.output, answer.message),
          trailer: addFields(new Headers(), answer.trailers)
        }
      } catch (error) {
        throw asConnectError(error)
      }
    },

    async stream(method, signal, timeoutMs, header, messages) {
      const options = { signal, timeoutMs: timeoutOf(timeoutMs), header }
      try {
        const answer = await wire.stream(method, await contentOf(method, messages), options)
        const trailer = new Headers()
        return {
          stream: true,
          service: method.parent,
          method,
          header: addFields(new Headers(), answer.headers),
          message: decodeAll(method.output, answer, trailer),
          trailer
        }
      } catch (error) {
        throw asConnectError(error)
      }
    }
  }
}

function timeoutOf(timeoutMs: number | undefined): number | undefined {
  return timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined
}

/** What is sent: of an rpc that takes one message that one, which can be sent again. */
async function contentOf<Desc extends DescMessage>(
  { input, methodKind }: DescMethodStreaming<Desc>,
  messages: AsyncIterable<MessageInitShape<Desc>>
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (methodKind !== 'server_streaming') return mapMessages(messages, message => encode(input, message))
  for await (const message of messages) return encode(input, message)
  throw new ConnectError('there is no message to send', Code.Unimplemented)
}

function encode<Desc extends DescMessage>(desc: Desc, message: MessageInitShape<Desc>): Uint8Array {
  return toBinary(desc, create(desc, message))
}

function decode<Desc extends DescMessage>(desc: Desc, wire: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(desc, wire)
  } catch (cause) {
    throw new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause })
  }
}

/** The messages of an answer; its trailers are there when they have ended well, and in the error otherwise. */
function decodeAll<Desc extends DescMessage>(
  desc: Desc,
  answer: StreamAnswer,
  trailer: Headers
): AsyncIterable<MessageShape<Desc>> {
  return mapMessages(answer.messages, message => decode(desc, message), {
    onDone: () => addFields(trailer, answer.trailers),
    errorOf: asConnectError
  })
}

/** What users of connect's clients expect; the gateway's own error is its cause. */
function asConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error
  const { message } = error instanceof Error ? error : new Error(String(error))
  return new ConnectError(message, codeOf(error), undefined, undefined, error)
}
