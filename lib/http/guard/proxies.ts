import { BlockList, isIP, SocketAddress } from 'node:net'

/** Tells whether the forwarding headers of a peer count, by its address. */
export type IsTrusted = (address: string | undefined) => boolean

/** Whether a text is an address or a CIDR range of one family. */
export function isProxyRange(range: string): boolean {
  const [address = '', prefix, ...rest] = range.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return false
  // An IPv4 range in IPv6's clothes is read differently by different readers.
  if (family === 6 && new SocketAddress({ address, family: 'ipv6' }).address.startsWith('::ffff:')) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128)
}

/** @param ranges each of them as `isProxyRange` has it; false: nobody is trusted. */
export function compileIsTrusted(ranges: false | readonly string[]): IsTrusted {
  if (ranges === false) return () => false
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = familyOf(address)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return address => address !== undefined && list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

const withPort = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/

/**
 * The end of an `X-Forwarded-For` that somebody can vouch for: every proxy adds the address that it saw on the right, so
 * what is left of an entry that is no address was not written by one. Ports and zones are taken off: they would be a client
 * anew each time.
 *
 * @param most how many addresses are kept.
 */
export function boundForwardedFor(header: string, most: number): string {
  const addresses: string[] = []
  let end = header.length
  while (end >= 0 && addresses.length < most) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1)
    const address = addressIn(header.slice(comma + 1, end).trim())
    if (address === null) break
    addresses.unshift(address)
    end = comma
  }
  return addresses.join(', ')
}

function addressIn(entry: string): string | null {
  const [, bracketed, dotted] = withPort.exec(entry) ?? []
  const [address = ''] = (bracketed ?? dotted ?? entry).split('%')
  return isIP(address) === 0 ? null : address
}
