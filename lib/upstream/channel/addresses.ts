import { promises as dns, type LookupAddress, type SrvRecord } from 'node:dns'
import { isIPv6 } from 'node:net'
import type { Address } from '../socket.ts'
import { isDeniedAddress } from './denied-addresses.ts'
import { hostnameProblem, isLocalhost } from './hostname.ts'
import type { Place } from './target.ts'

/** One address that an upstream has. */
export interface EndpointAddress {
  address: Address
  /** The `:authority` of calls to it. */
  authority: string
  /** The name that its certificate must have. */
  serverName: string
  /** `10.0.0.7:9001`, `[fd00::7]:9001` or `/run/product.sock`. */
  label: string
}

/** What names are looked up with. */
export interface NameLookup {
  /** All addresses of a name, as `dns.promises.lookup` with `all` answers them: /etc/hosts counts. */
  lookup(name: string): Promise<LookupAddress[]>
  /** The SRV records of a name, as `dns.promises.resolveSrv` answers them. */
  resolveSrv(name: string): Promise<SrvRecord[]>
}

/** The resolver of the system. */
export const systemLookup: NameLookup = {
  lookup: name => dns.lookup(name, { all: true, order: 'verbatim' }),
  resolveSrv: name => dns.resolveSrv(name)
}

/** What may come out of looking up a name. */
export interface AddressRules {
  /** The most addresses that a target may have; further ones are left out. */
  maxAddresses: number
  /** Whether a name other than `localhost` may have an address of this machine. */
  allowLoopback: boolean
}

/** A name has no address that can be used. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError'
}

/** Some hosts of a name could not be resolved now: these are the addresses of the others. The cause says why. */
export class PartialError extends Error {
  override readonly name = 'PartialError'
  readonly addresses: EndpointAddress[]

  constructor(name: string, addresses: EndpointAddress[], cause: unknown) {
    super(`a host of ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    this.addresses = addresses
  }
}

/**
 * The addresses of one place of a target, each once and in an order that does not depend on that of the answers.
 *
 * @throws {ResolveError} when there is none, {PartialError} when there may be more, or what `names` throws
 */
export async function addressesOf(place: Place, names: NameLookup, rules: AddressRules): Promise<EndpointAddress[]> {
  const { authority, serverName } = place
  switch (place.kind) {
    case 'unix':
      return [{ address: { path: place.path }, authority, serverName, label: place.path }]
    case 'address':
      return [endpointAddress(place, place.host, place.port)]
    case 'name':
      return pick(place, await lookUp(place.name, place.port, names), place.name, rules)
    case 'srv': {
      const { found, failure } = await lookUpSrv(place.name, names)
      const addresses = pick(place, found, serverName, rules)
      if (failure !== null) throw new PartialError(place.name, addresses, failure)
      return addresses
    }
  }
}

interface Found {
  host: string
  port: number
}

async function lookUp(name: string, port: number, names: NameLookup): Promise<Found[]> {
  const answers = await names.lookup(name)
  return answers.map(({ address }) => ({ host: address, port }))
}

/**
 * The hosts of the lowest priority that have an address (RFC 2782). Among them, weights do not count: each host gets the same
 * share of the calls.
 *
 * @returns what was found, and why there may be more; null: there is no more.
 */
async function lookUpSrv(name: string, names: NameLookup): Promise<{ found: Found[]; failure: unknown }> {
  const records = await names.resolveSrv(name)
  // What comes out of DNS is no name before it is checked; the root (".") says that there is no such service.
  const usable = records.filter(record => record.port > 0 && hostnameProblem(record.name) === null)
  const priorities = [...new Set(usable.map(({ priority }) => priority))].sort((one, other) => one - other)
  const reasons: unknown[] = []
  for (const priority of priorities) {
    const hosts = usable.filter(record => record.priority === priority)
    const answers = await Promise.allSettled(hosts.map(host => lookUp(host.name, host.port, names)))
    const found = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
    reasons.push(...answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason] : [])))
    if (found.length > 0) return { found, failure: reasons.find(reason => !isUnknownName(reason)) ?? null }
  }
  throw reasons.at(-1) ?? new ResolveError(`${name} has no SRV record with a host`)
}

/** Whether DNS says that there is no such name, or nothing of that kind; all else may be over soon. */
function isUnknownName(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ENOTFOUND' || code === 'ENODATA'
}

/** @param name what the operator wrote: that decides whether this machine is meant. */
function pick(place: Place, found: Found[], name: string, rules: AddressRules): EndpointAddress[] {
  const allowLoopback = rules.allowLoopback || isLocalhost(name)
  const allowed = found.filter(({ host }) => !isDeniedAddress(host, allowLoopback))
  if (allowed.length === 0) {
    const none = found.length === 0 ? 'no address' : `no address that may be an upstream: ${labelOf(found[0]!)}`
    throw new ResolveError(`${name} has ${none}`)
  }
  const addresses = new Map(allowed.map(({ host, port }) => [labelOf({ host, port }), { host, port }]))
  return [...addresses.keys()]
    .sort()
    .slice(0, rules.maxAddresses)
    .map(label => endpointAddress(place, addresses.get(label)!.host, addresses.get(label)!.port))
}

function endpointAddress({ authority, serverName }: Place, host: string, port: number): EndpointAddress {
  return { address: { host, port }, authority, serverName, label: labelOf({ host, port }) }
}

function labelOf({ host, port }: Found): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
