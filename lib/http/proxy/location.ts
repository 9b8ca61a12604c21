/** Which paths stand for which paths of an upstream. */
export interface Mapping {
  /** Of the gateway: `/legacy`. */
  prefix: string
  /** The scheme and the authority of the upstream: `http://host:port`. */
  origin: string
  /** What stands for the prefix there; empty, or begins with a slash and does not end with one. */
  basePath: string
}

/**
 * A `Location` of the upstream as the client has to say it. What leads elsewhere stays as it is: following it is the
 * client's decision.
 */
export function publicLocation(location: string, { prefix, origin, basePath }: Mapping): string {
  const path = pathWithin(location, origin)
  if (path === null) return location
  const rest = path.slice(basePath.length)
  if (!path.startsWith(basePath) || !/^(?:[/?#]|$)/.test(rest)) return location
  return `${prefix}${rest}`
}

/** The path of a location at the upstream; null: it is elsewhere, or relative to what was asked for. */
function pathWithin(location: string, origin: string): string | null {
  if (location.startsWith('/')) return /^\/[/\\]/.test(location) ? null : location
  if (!location.startsWith(origin)) return null
  const path = location.slice(origin.length)
  return /^(?:[/?#]|$)/.test(path) ? path : null
}
