/** The static table: RFC 7541, appendix A. Index 1 is the first. */
const fields: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', '']
]

/** How many fields there are; the dynamic table goes on behind the last. */
export const staticCount = fields.length

/** By index, from 1. */
export const staticNames: readonly string[] = ['', ...fields.map(([name]) => name)]
/** By index, from 1. */
export const staticValues: readonly string[] = ['', ...fields.map(([, value]) => value)]

/** The lowest index with this name; undefined: there is none. */
export const staticNameIndex: ReadonlyMap<string, number> = new Map(
  fields.map(([name], at): [string, number] => [name, at + 1]).reverse()
)

/** The index with this name and value, or undefined. */
export function staticIndex(name: string, value: string): number | undefined {
  const first = staticNameIndex.get(name)
  if (first === undefined) return undefined
  for (let index = first; staticNames[index] === name; index++) if (staticValues[index] === value) return index
  return undefined
}
