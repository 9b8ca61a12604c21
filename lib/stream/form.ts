import type { PickField } from '../codec/pick.ts'
import type { ToJson } from '../codec/to-json/compile.ts'
import { type RawBody, type ReadRawBody, rawBodyHeaders } from './http-body.ts'
import type { StreamWriter } from './writer.ts'

/** How the messages of a server stream become an answer. */
export interface AnswerForm {
  /**
   * Headers of the answer.
   *
   * @param first the first message; undefined when there is none, or none yet.
   * @throws PrintError
   */
  headers(first: Uint8Array | undefined): Record<string, string>
  /**
   * What a message becomes, of which nothing may be left. Throws PrintError.
   *
   * @param index how many messages came before.
   */
  part(wire: Uint8Array, index: number): Uint8Array
  /** What closes the answer; null when nothing has to. */
  end(count: number): Uint8Array | null
  /** What tells about an error once the answer has begun. Null: the connection has to break off. */
  error(json: string): Uint8Array | null
  /** What is sent when nothing happens for long; null when nothing can be. */
  keepAlive: Uint8Array | null
}

/** Messages that are printed as JSON, in the form that the client chose. */
export function jsonForm(writer: StreamWriter, mediaType: string, print: ToJson, pickId: PickField | null): AnswerForm {
  const headers = { ...writer.headers, 'content-type': mediaType, vary: 'accept' }
  return {
    headers: () => headers,
    part: (wire, index) => writer.message(print(wire), index, pickId?.(wire)),
    end: count => writer.end(count),
    error: json => writer.error(json),
    keepAlive: writer.keepAlive
  }
}

/** Messages that are parts of one body (google.api.HttpBody); the first says what it is. */
export function rawForm(read: ReadRawBody): AnswerForm {
  const nothing = Buffer.alloc(0)
  const bodyOf = (wire: Uint8Array | undefined): RawBody | undefined => (wire === undefined ? undefined : read(wire))
  return {
    headers: first => rawBodyHeaders(bodyOf(first)),
    part: wire => bodyOf(wire)?.data ?? nothing,
    end: () => null,
    error: () => null,
    keepAlive: null
  }
}
