/** Letters, digits and hyphens (RFC 1123, section 2.1); and underscores, which names of containers have. */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

/** In octets (RFC 1035, section 2.3.4), without the dot at its end. */
const maxNameLength = 253

/**
 * What is wrong with the name of a host, or null. A name that ends in a number is none: resolvers take `127.1` and `0x7f.1`
 * for addresses.
 */
export function hostnameProblem(name: string): string | null {
  const labels = withoutRoot(name).split('.')
  if (name === '') return 'the host is missing'
  if (name.length > maxNameLength + 1) return `a name has at most ${maxNameLength} characters`
  if (!labels.every(part => label.test(part))) return `${JSON.stringify(name)} is not the name of a host`
  if (/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1)!)) return `${JSON.stringify(name)} is not an IPv4 address`
  return null
}

/** Whether a name always means this machine (RFC 6761, section 6.3). */
export function isLocalhost(name: string): boolean {
  return /^(?:.+\.)?localhost$/i.test(withoutRoot(name))
}

/** A name may end with the dot of the root, which certificates and `:authority` are without. */
export function withoutRoot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
