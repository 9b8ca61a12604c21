/** A header block that cannot be read: the two tables may differ from now on, so the connection ends (RFC 9113, section 4.3). */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}
