import type { BytesRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { type Constraint, codes } from './constraint.ts'

/** What buf.validate.BytesRules demand of bytes, which are base64 in JSON. */
export function bytesConstraint(rules: BytesRules): Constraint {
  const given: Partial<BytesRules> = { ...rules }
  const { len, minLen = len, maxLen = len } = given
  const notes: string[] = []
  if (given.const !== undefined) notes.push(`Must be ${base64([given.const])}.`)
  if (rules.in.length > 0) notes.push(`One of ${base64(rules.in)}.`)
  if (rules.notIn.length > 0) notes.push(`None of ${base64(rules.notIn)}.`)
  if (given.pattern !== undefined) notes.push(`The bytes must match \`${given.pattern}\` (RE2).`)
  if (given.prefix !== undefined) notes.push(`The bytes must begin with ${base64([given.prefix])}.`)
  if (given.suffix !== undefined) notes.push(`The bytes must end with ${base64([given.suffix])}.`)
  if (given.contains !== undefined) notes.push(`The bytes must contain ${base64([given.contains])}.`)
  notes.push(...wellKnownNotes(rules))
  return {
    schema: {
      // Padding may be left out, and may be there.
      ...(minLen !== undefined && { minLength: Math.ceil((Number(minLen) * 4) / 3) }),
      ...(maxLen !== undefined && { maxLength: Math.ceil(Number(maxLen) / 3) * 4 })
    },
    notes
  }
}

function base64(values: readonly Uint8Array[]): string {
  return codes(values.map(value => Buffer.from(value).toString('base64')))
}

function wellKnownNotes({ wellKnown }: BytesRules): string[] {
  if (wellKnown.case === undefined || !wellKnown.value) return []
  const names = {
    ip: 'The 4 or 16 bytes of an IP address.',
    ipv4: 'The 4 bytes of an IPv4 address.',
    ipv6: 'The 16 bytes of an IPv6 address.',
    uuid: 'The 16 bytes of a UUID.'
  }
  return [names[wellKnown.case]]
}
