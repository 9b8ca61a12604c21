import { RequestError } from '../../errors.ts'
import { type MediaRange, parseAccept } from '../http/accept.ts'

/** How a server stream is written: a line per message, an event per message, or one JSON array. */
export type StreamForm = 'ndjson' | 'sse' | 'array'

/** A form, and the media type by which the client asked for it. */
export interface Negotiated {
  form: StreamForm
  mediaType: string
}

interface Offer extends Negotiated {
  /** Whether a range with a `*` may mean it. */
  byWildcard: boolean
}

/**
 * What is offered; the first of those that a client likes best is taken. A client that takes anything gets what it can read
 * message by message: an array is for those who say so.
 */
const offers: readonly Offer[] = [
  { form: 'ndjson', mediaType: 'application/x-ndjson', byWildcard: true },
  { form: 'sse', mediaType: 'text/event-stream', byWildcard: true },
  { form: 'ndjson', mediaType: 'application/ndjson', byWildcard: false },
  { form: 'ndjson', mediaType: 'application/jsonl', byWildcard: false },
  { form: 'array', mediaType: 'application/json', byWildcard: false }
]

/** Asks for the shape of errors (RFC 9457), and for no form of a stream. */
const problemSubtype = 'problem+json'

/**
 * Chooses the form of a server stream. Without an `Accept` header, or with one that speaks of errors only: NDJSON. Of forms
 * that are liked equally, the one that is named beats those that a wildcard means.
 *
 * @throws {RequestError} SLUICE_ERR_NOT_ACCEPTABLE
 */
export function negotiate(accept: string | undefined): Negotiated {
  const [fallback] = offers
  const ranges = parseAccept(accept ?? '').filter(({ subtype }) => subtype !== problemSubtype)
  if (ranges.length === 0) return fallback!
  let best: Offer | null = null
  let bestRange: MediaRange | null = null
  for (const offer of offers) {
    const range = mostSpecific(offer, ranges)
    if (range === undefined || range.quality === 0) continue
    if (bestRange !== null && compare(range, bestRange) <= 0) continue
    best = offer
    bestRange = range
  }
  if (best === null) throw new RequestError('SLUICE_ERR_NOT_ACCEPTABLE')
  return best
}

/** The range that decides about an offer (RFC 9110, section 12.5.1). */
function mostSpecific({ mediaType, byWildcard }: Offer, ranges: MediaRange[]): MediaRange | undefined {
  const [type, subtype] = mediaType.split('/')
  const matching = ranges.filter(
    range =>
      (range.type === type && range.subtype === subtype) ||
      (byWildcard && range.subtype === '*' && (range.type === type || range.type === '*'))
  )
  return matching.reduce<MediaRange | undefined>(
    (found, range) => (found === undefined || specificity(range) > specificity(found) ? range : found),
    undefined
  )
}

function compare(a: MediaRange, b: MediaRange): number {
  return a.quality - b.quality || specificity(a) - specificity(b)
}

function specificity({ type, subtype }: MediaRange): number {
  if (subtype !== '*') return 2
  return type === '*' ? 0 : 1
}
