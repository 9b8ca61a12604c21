import { HeaderTemplate } from '../hpack/encoder.ts'

/** The pseudo headers that all requests of a connection have: RFC 9113, section 8.3.1. */
export function connectionTemplate(isSecure: boolean, authority: string): HeaderTemplate {
  return new HeaderTemplate([':method', 'POST', ':scheme', isSecure ? 'https' : 'http', ':authority', authority])
}
