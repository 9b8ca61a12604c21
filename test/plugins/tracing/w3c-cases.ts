/** What a caller says of its trace, and what the service has to be told then. */
export interface W3cCase {
  name: string
  headers: [name: string, value: string][]
  /** Whether the service is told of the caller's trace; else of one that begins here. */
  goesOn: boolean
  /** `tracestate` as the service gets it. Default: none. */
  state?: string
  /** Bits that `traceparent` must have in its flags. */
  flags?: number
}

export const traceId = '12345678901234567890123456789012'
const spanId = '1234567890123456'
const sampled = `00-${traceId}-${spanId}-01`

const lower = 'abcdefghijklmnopqrstuvwxyz'
const keyOfAll = `${lower}0123456789_-*/`
/** All of printable ASCII but for the comma and the equals sign. */
const valueOfAll = Array.from({ length: 0x7e - 0x20 + 1 }, (_, index) => String.fromCharCode(0x20 + index))
  .filter(character => character !== ',' && character !== '=')
  .join('')

const members = (count: number) => Array.from({ length: count }, (_, index) => `bar${index + 1}=${index + 1}`).join(',')

/** By what they say of `traceparent`: those of the W3C's test suite, and those of its recommendation besides. */
const parents: W3cCase[] = [
  { name: 'nothing', headers: [], goesOn: false },
  { name: 'a traceparent', headers: [['traceparent', sampled]], goesOn: true },
  {
    name: 'two different ones',
    headers: [
      ['traceparent', `00-${'1'.repeat(32)}-${spanId}-01`],
      ['traceparent', sampled]
    ],
    goesOn: false
  },
  {
    name: 'the same one twice',
    headers: [
      ['traceparent', sampled],
      ['traceparent', sampled]
    ],
    goesOn: false
  },
  {
    name: 'two of a version to come',
    headers: [
      ['traceparent', `cc-${traceId}-${spanId}-01-more`],
      ['traceparent', `cc-${traceId}-${spanId}-01-more`]
    ],
    goesOn: false
  },
  ...['trace-parent', 'trace.parent'].map(name => refused(`a header ${name}`, sampled, name)),
  ...['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map(name => taken(`a header ${name}`, sampled, name)),
  refused('version 00 with a dot behind it', `${sampled}.`),
  refused('version 00 with more fields', `${sampled}-what-the-future-will-be-like`),
  taken('a version to come', `cc-${traceId}-${spanId}-01`),
  taken('a version to come with more fields', `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`),
  refused('a version to come with a dot behind it', `cc-${traceId}-${spanId}-01.what-the-future-will-be-like`),
  refused('version ff', `ff-${traceId}-${spanId}-01`),
  ...['.0', '0.', '0', '000', '0000', 'CC', ''].map(version =>
    refused(`version "${version}"`, `${version}-${traceId}-${spanId}-01`)
  ),
  refused('a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`),
  ...[`.${traceId.slice(1)}`, `${traceId.slice(1)}.`, `${traceId}3`, traceId.slice(1), `${'A'.repeat(32)}`].map(id =>
    refused(`the trace id ${id}`, `00-${id}-${spanId}-01`)
  ),
  refused('a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`),
  ...[`.${spanId.slice(1)}`, `${spanId.slice(1)}.`, `${spanId}7`, spanId.slice(1), 'ABCDEFABCDEFABCD'].map(id =>
    refused(`the parent id ${id}`, `00-${traceId}-${id}-01`)
  ),
  ...['.0', '0.', '001', '1', '', 'FF'].map(flags =>
    refused(`the flags "${flags}"`, `00-${traceId}-${spanId}-${flags}`)
  ),
  ...['\t', ' ', '\t '].map(blank => taken(`blanks around: ${JSON.stringify(blank)}`, `${blank}${sampled}${blank}`)),
  refused('nothing in the header', ''),
  refused('one hyphen too few', `00-${traceId}${spanId}-01`),
  { ...taken('level 2: a random trace id', `00-${traceId}-${spanId}-02`), flags: 0x02 },
  { ...taken('level 2: a random trace id that is sampled', `00-${traceId}-${spanId}-03`), flags: 0x03 },
  taken('flags that nobody knows', `00-${traceId}-${spanId}-ff`)
]

/** By what they say of `tracestate`. */
const states: W3cCase[] = [
  { name: 'a tracestate without a traceparent', headers: [['tracestate', 'foo=1,bar=2']], goesOn: false },
  {
    name: 'a tracestate beside a traceparent that is refused',
    headers: [
      ['traceparent', `${sampled}.`],
      ['tracestate', 'foo=1']
    ],
    goesOn: false
  },
  withState('two members', ['foo=1,bar=2'], 'foo=1,bar=2'),
  ...['trace-state', 'trace.state'].map(name => withState(`a header ${name}`, ['foo=1'], undefined, name)),
  ...['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map(name => withState(`a header ${name}`, ['foo=1'], 'foo=1', name)),
  withState('nothing in the header', [''], undefined),
  withState('nothing in the second header', ['foo=1', ''], 'foo=1'),
  withState('nothing in the first header', ['', 'foo=1'], 'foo=1'),
  withState('nothing but commas', [' , ,\t,'], undefined),
  withState('empty members between others', ['foo=1,,bar=2,'], 'foo=1,bar=2'),
  withState('three headers', ['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], 'foo=1,bar=2,rojo=1,congo=2,baz=3'),
  withState('a key twice', ['foo=1,foo=1'], 'foo=1'),
  withState('a key with two values', ['foo=1,foo=2'], 'foo=1'),
  withState('a key in two headers', ['foo=1', 'foo=1'], 'foo=1'),
  withState('a key with two values in two headers', ['foo=1', 'foo=2'], 'foo=1'),
  withState('all characters that are allowed', [`${keyOfAll}=${valueOfAll}`], `${keyOfAll}=${valueOfAll}`),
  withState('all characters, and an at sign', [`${keyOfAll}@a-z0-9_-*/=1`], `${keyOfAll}@a-z0-9_-*/=1`),
  ...['foo=1 \t , \t bar=2, \t baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3', '\t foo=1,bar=2,baz=3 \t'].map(text =>
    withState(`blanks as in ${JSON.stringify(text)}`, [text], `foo=1,bar=2,baz=3`)
  ),
  withState('a blank before a value', ['foo= 1'], 'foo= 1'),
  ...['foo =1', 'FOO=1', 'foo.bar=1', '@foo=1', '_foo=1', '=1', 'foo', 'foo\u00e9=1'].map(text =>
    withState(`the member ${text}`, [`${text},bar=2`], undefined)
  ),
  ...['foo@=1', 'foo@@bar=1', 'foo@bar@baz=1', '0foo=1'].map(text =>
    withState(`the member ${text}`, [`${text},bar=2`], `${text},bar=2`)
  ),
  ...['foo=bar=baz', 'foo=', 'foo=caf\u00e9', 'foo=a\tb'].map(text =>
    withState(`the member ${JSON.stringify(text)}`, [`${text},bar=3`], undefined)
  ),
  withState('32 members in four headers', fourParts(32), members(32)),
  withState('33 members in four headers', fourParts(33), undefined),
  withState('a key of 256 characters', ['foo=1', `${'z'.repeat(256)}=1`], `foo=1,${'z'.repeat(256)}=1`),
  withState('a key of 257 characters', ['foo=1', `${'z'.repeat(257)}=1`], undefined),
  ...[`${'t'.repeat(241)}@${'v'.repeat(14)}`, `${'t'.repeat(242)}@v`, `t@${'v'.repeat(15)}`].map(key =>
    withState(
      `the key ${key.length} characters long with an at sign at ${key.indexOf('@')}`,
      ['foo=1', `${key}=1`],
      `foo=1,${key}=1`
    )
  ),
  withState('a value of 256 characters', [`foo=${'v'.repeat(256)}`], `foo=${'v'.repeat(256)}`),
  withState('a value of 257 characters', [`foo=${'v'.repeat(257)}`], undefined),
  withState('512 characters', [listOf512()], listOf512()),
  withState('more: the long members go first', [`a=1,long=${'v'.repeat(200)},${listOf512()}`], listOf512('a=1')),
  withState('more: then those at the end', [`${listOf512()},x=1`], listOf512())
]

export const w3cCases: readonly W3cCase[] = [...parents, ...states]

function taken(name: string, traceparent: string, header = 'traceparent'): W3cCase {
  return { name: `traceparent: ${name}`, headers: [[header, traceparent]], goesOn: true }
}

function refused(name: string, traceparent: string, header = 'traceparent'): W3cCase {
  return { ...taken(name, traceparent, header), goesOn: false }
}

function withState(name: string, values: string[], state: string | undefined, header = 'tracestate'): W3cCase {
  const headers = values.map((value): [string, string] => [header, value])
  return {
    name: `tracestate: ${name}`,
    headers: [['traceparent', `00-${traceId}-${spanId}-00`], ...headers],
    goesOn: true,
    ...(state !== undefined && { state })
  }
}

function fourParts(count: number): string[] {
  const all = members(count).split(',')
  return [0, 10, 20, 30].map(start => all.slice(start, start + 10).join(','))
}

/** Eight members that are 512 characters together; with one before them, the last has no room. */
function listOf512(first?: string): string {
  const all = Array.from({ length: 8 }, (_, index) => `m${index}=${'v'.repeat(index === 7 ? 61 : 60)}`)
  return (first === undefined ? all : [first, ...all.slice(0, -1)]).join(',')
}
