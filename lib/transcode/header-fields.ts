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
      read: headers => firstOf(headers['last-event-id'])
    }
  ]
  return fields.filter(({ field }) => field !== '')
}

/** Node joins the values of headers that it does not know; an empty id is none (HTML, section 9.2.4). */
function firstOf(header: string | string[] | undefined): string | undefined {
  return header === undefined || header === '' ? undefined : String(header)
}
