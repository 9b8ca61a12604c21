/** A media range of an `Accept` header. */
export interface MediaRange {
  /** In lower case; `*` for any. */
  type: string
  /** In lower case; `*` for any. */
  subtype: string
  /** 0: not acceptable, to 1. */
  quality: number
}

/** type "/" subtype, both tokens (RFC 9110, section 8.3.1); `*` is one of the characters of a token. */
const mediaRange = /^([!#$%&'*+\-.^_`|~\w]+)\/([!#$%&'*+\-.^_`|~\w]+)$/
/** qvalue (RFC 9110, section 12.4.2). */
const qualityValue = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/**
 * Reads an `Accept` header (RFC 9110, section 12.5.1). What is malformed is left out, as it says nothing; parameters other
 * than `q` are not looked at.
 */
export function parseAccept(header: string): MediaRange[] {
  return header.split(',').flatMap(element => {
    const [range = '', ...parameters] = element.split(';').map(part => part.trim().toLowerCase())
    const [, type, subtype] = mediaRange.exec(range) ?? []
    const quality = parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? '1'
    if (type === undefined || subtype === undefined || !qualityValue.test(quality)) return []
    return { type, subtype, quality: Number(quality) }
  })
}
