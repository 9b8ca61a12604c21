import type { PickField } from '../codec/pick.ts'
import type { ToJson } from '../codec/to-json/compile.ts'
import { type ReadRawBody, rawBodyHeaders } from './http-body.ts'
import type { StreamWriter } from './writer.ts'

/** How the messages of one server stream become an answer. */
export interface AnswerForm {
  /**
   * Headers of the answer.
   *
   * @param first the first message; undefined when there is none, or none yet.
   * @throws PrintError
   */
  headers(first: Uint8Array | undefined): Record<string, string>
  /** What the next message becomes, of which nothing may be left. Throws PrintError. */
  part(wire: Uint8Array): Uint8Array
  /** What closes the answer; null when nothing has to. */
  end(): Uint8Array | null
  /** What tells about an error once the answer has begun. Null: the connection has to break off. */
  error(json: string): Uint8Array | null
  /** What is sent when nothing happens for long; null when nothing can be. */
  keepAlive: Uint8Array | null
  /** Whether it may go on for ever, so that the gateway cannot wait for its end when it closes. */
  isLive: boolean
}

/** Messages that are printed as JSON, in the form that the client chose. For one answer. */
export function jsonForm(writer: StreamWriter, mediaType: string, print: ToJson, pickId: PickField | null): AnswerForm {
  const headers = { ...writer.headers, 'content-type': mediaType, vary: 'accept' }
  let count = 0
  return {
    headers: () => headers,
    part: wire => writer.message(print(wire), count++, pickId?.(wire)),
    end: () => writer.end(count),
    error: json => writer.error(json),
    keepAlive: writer.keepAlive,
    isLive: true
  }
}

/** Messages that are parts of one body (google.api.HttpBody); the first says what it is. */
export function rawForm(read: ReadRawBody): AnswerForm {
  const nothing = Buffer.alloc(0)
  return {
    headers: first => rawBodyHeaders(first === undefined ? undefined : read(first)),
    part: wire => read(wire)?.data ?? nothing,
    end: () => null,
    error: () => null,
    keepAlive: null,
    isLive: false
  }
}
