import { KnownRegex, type StringRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import type { Schema } from '../types.ts'
import { allOf, type Constraint } from './constraint.ts'

type WellKnown = Exclude<StringRules['wellKnown']['case'], undefined>

/** What a well-known kind of text is to JSON Schema (section 7.3 of its validation vocabulary). */
const schemas: Partial<Record<WellKnown, Schema>> = {
  email: { format: 'email' },
  hostname: { format: 'hostname' },
  ip: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
  ipv4: { format: 'ipv4' },
  ipv6: { format: 'ipv6' },
  uri: { format: 'uri' },
  uriRef: { format: 'uri-reference' },
  address: { anyOf: [{ format: 'hostname' }, { format: 'ipv4' }, { format: 'ipv6' }] },
  uuid: { format: 'uuid' },
  tuuid: { pattern: '^[0-9a-fA-F]{32}$' },
  ulid: { pattern: '^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$' },
  protobufFqn: { pattern: '^[A-Za-z_][A-Za-z_0-9]*(\\.[A-Za-z_][A-Za-z_0-9]*)*$' },
  protobufDotFqn: { pattern: '^\\.[A-Za-z_][A-Za-z_0-9]*(\\.[A-Za-z_][A-Za-z_0-9]*)*$' }
}

/** Those that JSON Schema has no word for. */
const sentences: Partial<Record<WellKnown, string>> = {
  ipWithPrefixlen: 'An IP address with the length of its prefix, such as `192.0.2.1/24`.',
  ipv4WithPrefixlen: 'An IPv4 address with the length of its prefix, such as `192.0.2.1/24`.',
  ipv6WithPrefixlen: 'An IPv6 address with the length of its prefix, such as `2001:db8::1/64`.',
  ipPrefix: 'An IP prefix, such as `192.0.2.0/24`.',
  ipv4Prefix: 'An IPv4 prefix, such as `192.0.2.0/24`.',
  ipv6Prefix: 'An IPv6 prefix, such as `2001:db8::/64`.',
  hostAndPort: 'A host name or an IP address, and a port, such as `example.com:443`.'
}

/** What buf.validate.StringRules demand. */
export function stringConstraint(rules: StringRules): Constraint {
  // Rules that are not given are on the prototype, with their defaults.
  const given: Partial<StringRules> = { ...rules }
  const notes: string[] = []
  const parts = [lengthOf(given), ...textParts(given, notes), ...wellKnownParts(rules, notes)]
  if (given.lenBytes !== undefined) notes.push(`Exactly ${given.lenBytes} bytes in UTF-8.`)
  if (given.minBytes !== undefined) notes.push(`At least ${given.minBytes} bytes in UTF-8.`)
  if (given.maxBytes !== undefined) notes.push(`At most ${given.maxBytes} bytes in UTF-8.`)
  return { schema: allOf({}, ...parts), notes }
}

function lengthOf({ len, minLen = len, maxLen = len }: Partial<StringRules>): Schema {
  return {
    ...(minLen !== undefined && { minLength: Number(minLen) }),
    ...(maxLen !== undefined && { maxLength: Number(maxLen) })
  }
}

function textParts(given: Partial<StringRules>, notes: string[]): Schema[] {
  const parts: Schema[] = []
  if (given.const !== undefined) parts.push({ const: given.const })
  if (given.in !== undefined && given.in.length > 0) parts.push({ enum: given.in })
  if (given.notIn !== undefined && given.notIn.length > 0) parts.push({ not: { enum: given.notIn } })
  if (given.pattern !== undefined) {
    if (isPortable(given.pattern)) parts.push({ pattern: given.pattern })
    else notes.push(`Must match \`${given.pattern}\` (RE2).`)
  }
  if (given.prefix !== undefined) parts.push({ pattern: `^${escapePattern(given.prefix)}` })
  if (given.suffix !== undefined) parts.push({ pattern: `${escapePattern(given.suffix)}$` })
  if (given.contains !== undefined) parts.push({ pattern: escapePattern(given.contains) })
  if (given.notContains !== undefined) parts.push({ not: { pattern: escapePattern(given.notContains) } })
  return parts
}

function wellKnownParts({ wellKnown }: StringRules, notes: string[]): Schema[] {
  if (wellKnown.case === undefined || wellKnown.value === false) return []
  if (wellKnown.case === 'wellKnownRegex') {
    notes.push(
      `Must be fit for the ${wellKnown.value === KnownRegex.HTTP_HEADER_NAME ? 'name' : 'value'} of an HTTP header.`
    )
    return []
  }
  const sentence = sentences[wellKnown.case]
  if (sentence !== undefined) notes.push(sentence)
  return [schemas[wellKnown.case] ?? {}]
}

/** Whether a pattern of RE2 is one of ECMA-262, which is what JSON Schema takes. What only RE2 has is an error there. */
export function isPortable(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
