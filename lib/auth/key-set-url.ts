/**
 * Whether keys may be read from an address: those that came over a network in plain text could be anybody's.
 *
 * @param allowHttp the network is trusted.
 */
export function isKeySetUrl(text: string, allowHttp = false): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  const isHere = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)
  return url.protocol === 'http:' && (allowHttp || isHere)
}
