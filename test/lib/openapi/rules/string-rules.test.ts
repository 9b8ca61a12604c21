import { KnownRegex } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { holdToValidator, type Row, rulesOf } from './agreement.ts'

const text = (rules: object): Pick<Row, 'type' | 'rules'> => ({ type: 'STRING', rules: rulesOf('string', rules) })
const wellKnown = (kind: string, value: unknown = true) => text({ wellKnown: { case: kind, value } })
const uuid = '0198c2d4-0000-7000-8000-0000000000a1'
const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

holdToValidator({
  'string.const': { ...text({ const: 'a' }), says: { const: 'a' }, takes: ['a'], refuses: ['b'] },
  'string.len': {
    ...text({ len: 2n }),
    says: { minLength: 2, maxLength: 2 },
    takes: ['ab', 'é😀'],
    refuses: ['a', 'abc']
  },
  'string.min_len': { ...text({ minLen: 2n }), says: { minLength: 2 }, takes: ['ab'], refuses: ['a'] },
  'string.max_len': { ...text({ maxLen: 2n }), says: { maxLength: 2 }, takes: ['ab'], refuses: ['abc'] },
  'string.len_bytes': { ...text({ lenBytes: 2n }), says: 'Exactly 2 bytes in UTF-8.', takes: ['é'], refuses: [] },
  'string.min_bytes': { ...text({ minBytes: 2n }), says: 'At least 2 bytes in UTF-8.', takes: ['é'], refuses: [] },
  'string.max_bytes': { ...text({ maxBytes: 2n }), says: 'At most 2 bytes in UTF-8.', takes: ['é'], refuses: [] },
  'string.pattern': {
    ...text({ pattern: '^[A-Z]{3}$' }),
    says: { pattern: '^[A-Z]{3}$' },
    takes: ['USD'],
    refuses: ['usd']
  },
  'string.pattern of RE2 only': {
    ...text({ pattern: '(?i)^usd$' }),
    says: 'Must match `(?i)^usd$` (RE2).',
    takes: ['UsD'],
    refuses: []
  },
  'string.prefix': { ...text({ prefix: 'a.' }), says: { pattern: '^a\\.' }, takes: ['a.b'], refuses: ['ab', 'ba.'] },
  'string.suffix': { ...text({ suffix: '.b' }), says: { pattern: '\\.b$' }, takes: ['a.b'], refuses: ['ab', '.ba'] },
  'string.contains': { ...text({ contains: '*' }), says: { pattern: '\\*' }, takes: ['a*b'], refuses: ['ab'] },
  'string.not_contains': {
    ...text({ notContains: '*' }),
    says: { not: { pattern: '\\*' } },
    takes: ['ab'],
    refuses: ['a*b']
  },
  'string.in': { ...text({ in: ['a', 'b'] }), says: { enum: ['a', 'b'] }, takes: ['a', 'b'], refuses: ['c'] },
  'string.not_in': { ...text({ notIn: ['a'] }), says: { not: { enum: ['a'] } }, takes: ['b'], refuses: ['a'] },
  'string.prefix and suffix': {
    ...text({ prefix: 'a', suffix: 'b' }),
    says: { pattern: '^a', allOf: [{ pattern: 'b$' }] },
    takes: ['ab'],
    refuses: ['a', 'b']
  },
  'string.email': { ...wellKnown('email'), says: { format: 'email' }, takes: ['a@b.example'], refuses: ['a'] },
  'string.hostname': {
    ...wellKnown('hostname'),
    says: { format: 'hostname' },
    takes: ['a.example'],
    refuses: ['a_b', '']
  },
  'string.ip': {
    ...wellKnown('ip'),
    says: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
    takes: ['192.0.2.1', '::1'],
    refuses: ['a']
  },
  'string.ipv4': { ...wellKnown('ipv4'), says: { format: 'ipv4' }, takes: ['192.0.2.1'], refuses: ['::1'] },
  'string.ipv6': { ...wellKnown('ipv6'), says: { format: 'ipv6' }, takes: ['::1'], refuses: ['192.0.2.1'] },
  'string.uri': { ...wellKnown('uri'), says: { format: 'uri' }, takes: ['https://a.example/b'], refuses: ['/b'] },
  'string.uri_ref': { ...wellKnown('uriRef'), says: { format: 'uri-reference' }, takes: ['/b?c'], refuses: ['a b'] },
  'string.address': {
    ...wellKnown('address'),
    says: { anyOf: [{ format: 'hostname' }, { format: 'ipv4' }, { format: 'ipv6' }] },
    takes: ['a.example', '::1'],
    refuses: ['a b']
  },
  'string.uuid': { ...wellKnown('uuid'), says: { format: 'uuid' }, takes: [uuid], refuses: ['a', ''] },
  'string.tuuid': {
    ...wellKnown('tuuid'),
    says: { pattern: '^[0-9a-fA-F]{32}$' },
    takes: [uuid.replaceAll('-', '')],
    refuses: [uuid]
  },
  'string.ulid': {
    ...wellKnown('ulid'),
    says: { pattern: '^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$' },
    takes: [ulid],
    refuses: [`8${ulid.slice(1)}`]
  },
  'string.protobuf_fqn': { ...wellKnown('protobufFqn'), says: {}, takes: ['a.B_1'], refuses: ['.a', 'a.', '1a'] },
  'string.protobuf_dot_fqn': { ...wellKnown('protobufDotFqn'), says: {}, takes: ['.a.B_1'], refuses: ['a', '.a.'] },
  'string.ip_with_prefixlen': {
    ...wellKnown('ipWithPrefixlen'),
    says: 'An IP address with the length of its prefix, such as `192.0.2.1/24`.',
    takes: ['192.0.2.1/24'],
    refuses: []
  },
  'string.ip_prefix': {
    ...wellKnown('ipPrefix'),
    says: 'An IP prefix, such as `192.0.2.0/24`.',
    takes: ['192.0.2.0/24'],
    refuses: []
  },
  'string.host_and_port': {
    ...wellKnown('hostAndPort'),
    says: 'A host name or an IP address, and a port, such as `example.com:443`.',
    takes: ['a.example:1'],
    refuses: []
  },
  'string.well_known_regex': {
    ...wellKnown('wellKnownRegex', KnownRegex.HTTP_HEADER_NAME),
    says: 'Must be fit for the name of an HTTP header.',
    takes: ['x-a'],
    refuses: []
  }
})
