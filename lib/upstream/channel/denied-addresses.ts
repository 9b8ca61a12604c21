import { BlockList, isIPv6 } from 'node:net'

/** `[network, bits of its prefix, family]` */
type Subnet = readonly [string, number, 'ipv4' | 'ipv6']

/**
 * Where no upstream is that has a name. Whoever can change an answer of DNS could else make the gateway talk to the metadata
 * service of its cloud, or to all hosts at once.
 */
const neverAnUpstream: readonly Subnet[] = [
  // "This network" (RFC 791); Linux connects to this machine.
  ['0.0.0.0', 8, 'ipv4'],
  // Link-local (RFC 3927, RFC 4291), with the metadata service of most clouds at 169.254.169.254.
  ['169.254.0.0', 16, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  // The metadata service of AWS over IPv6.
  ['fd00:ec2::254', 128, 'ipv6'],
  // Multicast, reserved and broadcast (RFC 1112, RFC 4291).
  ['224.0.0.0', 3, 'ipv4'],
  ['ff00::', 8, 'ipv6'],
  // Unspecified, and IPv4 in a form that is out of use (RFC 4291, sections 2.5.2 and 2.5.5.1).
  ['::', 96, 'ipv6'],
  // Link-local IPv4 behind a translator (RFC 6052).
  ['64:ff9b::a9fe:0', 112, 'ipv6']
]

const loopback: readonly Subnet[] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['64:ff9b::7f00:0', 104, 'ipv6']
]

const denied = blockListOf(neverAnUpstream)
const local = blockListOf(loopback)

/**
 * Whether an address that came out of DNS may be an upstream. IPv6 addresses that stand for IPv4 ones (`::ffff:0:0/96`) are
 * judged as these.
 */
export function isDeniedAddress(address: string, allowLoopback: boolean): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (local.check(address, family)) return !allowLoopback
  return denied.check(address, family)
}

function blockListOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList()
  for (const [network, bits, family] of subnets) list.addSubnet(network, bits, family)
  return list
}
