import { type DescMethod, ScalarType } from '@bufbuild/protobuf'
import type { FastifyReply } from 'fastify'
import { compilePick } from '../../lib/codec/pick.ts'
import { compileReadRawBody, rawBodyHeaders } from '../../lib/stream/http-body.ts'
import type { RouteParts } from './route-parts.ts'

/** Answers with one message, given in the binary format of protobuf. Throws PrintError. */
export type Answer = (reply: FastifyReply, wire: Uint8Array) => FastifyReply

/** Up to here an answer is sent as a text, in bytes. */
const maxTextBytes = 4096

/** Compiles how the one message that an rpc answers with is sent: as JSON, or as the body that it is. */
export function compileAnswer({ method, route, policy, locate }: RouteParts): Answer {
  const pickEtag = route.rule.httpMethod === 'GET' && hasEtag(method) ? compilePick(method.output, 'etag') : null
  const readRawBody = compileReadRawBody(route.rule)
  return (reply, wire) => {
    const etag = pickEtag?.(wire)
    if (etag !== undefined) reply.header('etag', etag)
    const location = locate?.(wire)
    if (location !== undefined) reply.header('location', location)
    reply.code(policy.successStatus)
    if (policy.successStatus === 204) return reply.send()
    if (readRawBody === null) return reply.type('application/json; charset=utf-8').send(payloadOf(route.print(wire)))
    const body = readRawBody(wire)
    return reply.headers(rawBodyHeaders(body)).send(bufferOf(body?.data))
  }
}

/** Node writes a text together with the headers; bytes are a piece of their own, which costs more than to copy a short text. */
function payloadOf(json: Buffer): Buffer | string {
  return json.length <= maxTextBytes ? json.toString() : json
}

function hasEtag({ output }: DescMethod): boolean {
  return output.fields.some(field => field.name === 'etag' && field.scalar === ScalarType.STRING)
}

/** The same bytes, as Fastify and Node send them. */
function bufferOf(data: Uint8Array = new Uint8Array(0)): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}
