import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary
} from '@bufbuild/protobuf'
import { ConnectError, type Transport } from '@connectrpc/connect'
import { RequestError } from '../../errors.ts'
import { codeOf } from '../errors/code.ts'
import type { WireTransport } from './wire-transport.ts'

/**
 * connect's transport, for generated clients: messages become bytes and back. A call always has a deadline; a timeout of 0,
 * which would take it away, is the transport's own.
 */
export function createTransport(wire: WireTransport): Transport {
  return {
    async unary(method, signal, timeoutMs, header, message, contextValues) {
      const options = { signal, timeoutMs: timeoutMs || undefined, header, contextValues }
      try {
        const answer = await wire.unary(method, encode(method.input, message), options)
        return {
          stream: false,
          service: method.parent,
          method,
          header: answer.header,
          message: decode(method.output, answer.message),
          trailer: answer.trailer
        }
      } catch (error) {
        throw asConnectError(error)
      }
    },

    async stream(method, signal, timeoutMs, header, messages, contextValues) {
      const options = { signal, timeoutMs: timeoutMs || undefined, header, contextValues }
      try {
        const answer = await wire.stream(method, encodeAll(method.input, messages), options)
        return {
          stream: true,
          service: method.parent,
          method,
          header: answer.header,
          message: decodeAll(method.output, answer.messages),
          trailer: answer.trailer
        }
      } catch (error) {
        throw asConnectError(error)
      }
    }
  }
}

function encode<Desc extends DescMessage>(desc: Desc, message: MessageInitShape<Desc>): Uint8Array {
  return toBinary(desc, create(desc, message))
}

async function* encodeAll<Desc extends DescMessage>(
  desc: Desc,
  messages: AsyncIterable<MessageInitShape<Desc>>
): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield encode(desc, message)
}

function decode<Desc extends DescMessage>(desc: Desc, wire: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(desc, wire)
  } catch (cause) {
    throw new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause })
  }
}

async function* decodeAll<Desc extends DescMessage>(
  desc: Desc,
  messages: AsyncIterable<Uint8Array>
): AsyncGenerator<MessageShape<Desc>> {
  try {
    for await (const message of messages) yield decode(desc, message)
  } catch (error) {
    throw asConnectError(error)
  }
}

/** What users of connect's clients expect; the gateway's own error is its cause. */
function asConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error
  const { message } = error instanceof Error ? error : new Error(String(error))
  return new ConnectError(message, codeOf(error), undefined, undefined, error)
}
