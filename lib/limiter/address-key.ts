import { isIPv6 } from 'node:net'

/** An IPv4 address as sockets that listen on IPv6 write it. */
const mapped = /^::ffff:\d+\.\d+\.\d+\.\d+$/

/**
 * What tells clients apart by their address: an IPv4 address, also one that is written as IPv6 (`::ffff:192.0.2.1`), is
 * itself; of an IPv6 address the first 64 bits count, which is what one customer gets (RFC 6177), so that nobody has
 * 2^64 buckets.
 *
 * @param address as sockets and forwarding headers write it, with a zone or without. What is no address is itself.
 */
export function addressKey(address: string): string {
  if (mapped.test(address)) return address.slice(7)
  if (!address.includes(':') || !isIPv6(address)) return address.toLowerCase()
  const [bare = address] = address.toLowerCase().split('%')
  const groups = expand(bare)
  const isMapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  if (isMapped) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  const network = groups.slice(0, 4).map(group => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an IPv6 address. */
function expand(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const before = groupsOf(head)
  if (tail === undefined) return before
  const after = groupsOf(tail)
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
