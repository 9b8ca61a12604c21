/** Those that the semantic conventions know: RFC 9110 and PATCH (RFC 5789). */
const known: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE'
])

/**
 * `http.request.method`: a method that the conventions do not know is `_OTHER`, so that clients do not make up values.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/
 */
export function methodAttribute(method: string): string {
  return known.has(method) ? method : '_OTHER'
}
