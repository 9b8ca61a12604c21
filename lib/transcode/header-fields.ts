import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { readIdempotencyKey } from '../http/idempotency-key.ts'
import type { RoutePolicy } from '../policies/route-policy.ts'

/** A request field that a header sets. */
export interface HeaderField {
  /** The path of the field. */
  field: string
  /** The header, as people write it. */
  name: string
  /** Whether the header counts even when body or query say something else; otherwise that is refused. */
  wins: boolean
  /** Reads what the header sets; undefined without the header. Throws RequestError. */
  read(headers: IncomingHttpHeaders): string | undefined
}

/** The headers that a policy takes into the request. */
export function headerFields({
  idempotencyKeyField,
  ifMatchField,
  eventStream
}: Pick<RoutePolicy, 'idempotencyKeyField' | 'ifMatchField' | 'eventStream'>): HeaderField[] {
  const fields: HeaderField[] = [
    {
      field: idempotencyKeyField,
      name: 'Idempotency-Key',
      wins: false,
      read: headers => readIdempotencyKey(headers['idempotency-key'])
    },
    { field: ifMatchField, name: 'If-Match', wins: false, read: headers => headers['if-match'] },
    {
      field: eventStream?.resumeField ?? '',
      name: 'Last-Event-ID',
      // A browser that comes back asks by the URL that it began with.
      wins: true,
      read: headers => readEventId(headers['last-event-id'])
    }
  ]
  return fields.filter(({ field }) => field !== '')
}

/**
 * An empty id is none. Browsers send it in UTF-8, which Node, as for all headers, takes for Latin-1
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header).
 */
function readEventId(header: string | string[] | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  const bytes = Buffer.from(String(header), 'latin1')
  return isUtf8(bytes) ? bytes.toString() : String(header)
}
