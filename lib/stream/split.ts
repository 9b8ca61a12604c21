import { RequestError } from '../../errors.ts'
import { Violations } from '../codec/violations.ts'
import { BindError } from '../transcode/errors.ts'
import { JsonArraySplitter } from './split-json-array.ts'
import { NdjsonSplitter } from './split-ndjson.ts'
import type { Splitter, StreamedMessage } from './splitter.ts'

/** What cuts a body of each of these types. */
const splitters = new Map<string, new (maxBytes: number) => Splitter>([
  ['application/x-ndjson', NdjsonSplitter],
  ['application/ndjson', NdjsonSplitter],
  ['application/jsonl', NdjsonSplitter],
  ['application/json', JsonArraySplitter]
])

/**
 * What cuts a body of this content type: JSON by lines, or a JSON array.
 *
 * @param maxBytes the most that the JSON text of a message may hold.
 * @throws {RequestError} SLUICE_ERR_STREAM_MEDIA_TYPE
 */
export function splitterFor(contentType: string, maxBytes: number): Splitter {
  const [mediaType = '', ...parameters] = contentType.split(';').map(part => part.trim().toLowerCase())
  const Splitter = splitters.get(mediaType)
  const charset = parameters.find(parameter => parameter.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset)
  if (Splitter === undefined || !isUtf8) throw new RequestError('SLUICE_ERR_STREAM_MEDIA_TYPE')
  return new Splitter(maxBytes)
}

/** The messages of a body, each as soon as it is complete. No more of the body is read than what is asked for needs. */
export async function* splitBody(
  chunks: AsyncIterable<Uint8Array>,
  splitter: Splitter
): AsyncGenerator<StreamedMessage> {
  for await (const chunk of chunks) yield* splitter.push(chunk)
  yield* splitter.end()
}

/** Says in what message of a stream something is wrong: `line 3: ...` for people, `[2].title` for programs. */
export function atMessage({ message, violations }: BindError, { index, place }: StreamedMessage): BindError {
  const errors = new Violations()
  for (const { reason, field, description } of violations) errors.add(reason, field, description)
  errors.prefix(0, `[${index}]`)
  const [first, ...others] = errors.list
  const located = new BindError(first!, ...others)
  located.message = `${place}: ${message}`
  return located
}
