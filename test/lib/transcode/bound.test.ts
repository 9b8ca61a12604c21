import { create, type DescMessage, equals, type Message, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { compileRoute, type RouteOptions } from '../../../lib/transcode/bind.ts'
import { BindError } from '../../../lib/transcode/errors.ts'
import { type Everything, EverythingSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { OneofsSchema, ScalarsSchema, WellKnownSchema } from '../../fixtures/gen/fixture/v1/types_pb.ts'
import { methodWith } from '../httprule/method-with.ts'
import { bind, refusals } from './route.ts'

/** A route of this request with a PUT rule. */
function putRoute(value: string, body: string, desc: DescMessage, options?: RouteOptions) {
  return compileRoute(httpRules(methodWith({ pattern: { case: 'put', value }, body }, desc))[0]!, options)
}

function equal<Desc extends DescMessage>(desc: Desc, message: Message, init: MessageInitShape<Desc>): boolean {
  return equals(desc, message as never, create(desc, init))
}

t.test('a rival in the body cannot displace what the path sets, by either of its names', async t => {
  const route = putRoute('/{oneofs.scalars.int32_value}', '*', EverythingSchema)
  const cases: [body: object, refused: string[]][] = [
    [{ oneofs: { left: 'l' } }, []],
    [{ oneofs: { scalars: { stringValue: 'x' } } }, []],
    [{ oneofs: { text: null } }, []],
    [{ oneofs: null }, []],
    [{ oneofs: { text: 'x' } }, ['oneofs.text: must not be set beside "scalars", which the path sets']],
    [{ oneofs: { number: 0 } }, ['oneofs.number: must not be set beside "scalars", which the path sets']],
    [{ oneofs: { nothing: null } }, ['oneofs.nothing: must not be set beside "scalars", which the path sets']]
  ]
  for (const [body, refused] of cases) t.same(refusals(route, { url: '/7', body }), refused, JSON.stringify(body))
})

t.test('nor can one in the body when the body is the message around it', async t => {
  const route = putRoute('/{oneofs.text}', 'oneofs', EverythingSchema)
  t.same(refusals(route, { url: '/x', body: { left: 'l', text: 'x' } }), [])
  t.same(refusals(route, { url: '/x', body: { number: 1 } }), [
    'number: must not be set beside "text", which the path sets'
  ])
})

t.test('nor the body itself, nor the query beside it', async t => {
  const route = putRoute('/{text}', 'scalars', OneofsSchema)
  t.same(refusals(route, { url: '/x' }), [])
  t.same(refusals(route, { url: '/x', body: null }), [])
  t.same(refusals(route, { url: '/x', body: {} }), ['scalars: must not be set beside "text", which the path sets'])
  t.same(refusals(route, { url: '/x?number=1' }), ['number: must not be set beside "text", which the path sets'])
  const other = putRoute('/{beside}', 'scalars', OneofsSchema)
  t.same(refusals(other, { url: '/x?number=1' }), [])
  t.same(refusals(other, { url: '/x?number=1', body: {} }), ['number: must not be given beside "scalars"'])
})

t.test('null in the body leaves what the path sets', async t => {
  const route = putRoute('/{oneofs.scalars.string_value}', 'oneofs', EverythingSchema)
  const expected = { oneofs: { choice: { case: 'scalars', value: { stringValue: 'x' } } } } as const
  for (const body of [null, {}, { scalars: null }, { scalars: {} }, { scalars: { string_value: null } }]) {
    t.ok(equal(EverythingSchema, bind(route, { url: '/x', body }), expected), JSON.stringify(body))
  }
})

t.test('a message that the path sets is never mixed with one in the body', async t => {
  const route = putRoute('/{timestamp}/{field_mask}/{int64_wrapper}', '*', WellKnownSchema)
  const url = '/2024-05-01T00:00:00Z/title,author.name/0'
  const bound = {
    timestamp: { seconds: 1714521600n },
    fieldMask: { paths: ['title', 'author.name'] },
    int64Wrapper: 0n
  }
  const repeated = { timestamp: '2024-05-01T01:00:00+01:00', fieldMask: 'title,author.name', int64_wrapper: '0' }
  for (const body of [{}, repeated, { timestamp: null, int64Wrapper: null }]) {
    t.ok(equal(WellKnownSchema, bind(route, { url, body }), bound), JSON.stringify(body))
  }
  const others = { timestamp: '2024-05-01T00:00:00.5Z', field_mask: 'title', int64Wrapper: 1 }
  t.same(
    refusals(route, { url, body: others }),
    ['timestamp', 'field_mask', 'int64Wrapper'].map(field => `${field}: must be left out or be what the path says`)
  )
})

t.test('a part of a message that is a text in JSON is found in there', async t => {
  const route = putRoute('/{timestamp.seconds}', '*', WellKnownSchema)
  const half = { timestamp: { seconds: 5n, nanos: 500_000_000 } }
  const body = { timestamp: '1970-01-01T00:00:05.5Z' }
  t.ok(equal(WellKnownSchema, bind(route, { url: '/5', body }), half))
  t.same(refusals(route, { url: '/6', body }), ['timestamp: must be left out or be what the path says'])
})

t.test('a value that is zero is set too', async t => {
  const route = putRoute('/{int32_value}/{bool_value}', '*', ScalarsSchema)
  t.same(refusals(route, { url: '/0/false', body: { int32Value: 0 } }), [])
  t.same(refusals(route, { url: '/0/false', body: { int32Value: 1, bool_value: true } }), [
    'int32Value: must be left out or be what the path says',
    'bool_value: must be left out or be what the path says'
  ])
  const { wire } = route.bind({ rawPath: '/0/false', rawQuery: '', body: undefined })
  t.same([...wire], [3 << 3, 0, 13 << 3, 0], 'so that it is the last, whatever stands before it')
})

/** A JSON object that has some of these members. */
function objectOf(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.record(members, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.constant(null) }
  )
}

const time = fc.constantFrom('2024-05-01T00:00:00Z', '2024-05-01T00:00:00.000Z', null, '2024-05-01T00:00:00.5Z')
const text = fc.constantFrom('x', 'y', '', null)
const integer = fc.constantFrom(7, '7', null, 7, '7', null, 0, 8)
const scalars = objectOf({ int32_value: integer, int32Value: integer, stringValue: text })
const oneofs = objectOf({ text, number: integer, scalars, time, nothing: fc.constant(null), left: text, right: text })
const wellKnown = objectOf({
  timestamp: time,
  field_mask: fc.constantFrom('a,b', 'a,b', null, 'a', ''),
  int64Wrapper: integer
})
const bodies = objectOf({ scalars, oneofs, wellKnown })
const pairs = fc.constantFrom(
  ...[
    'scalars.int32_value=7',
    'scalars.int32Value=8',
    'oneofs.text=x',
    'oneofs.number=1',
    'oneofs.scalars.int32_value=7'
  ],
  ...['oneofs.left=l', 'oneofs.right=r', 'wellKnown.timestamp=2024-05-01T00:00:00Z', 'well_known.timestamp.nanos=5'],
  ...[
    'well_known.timestamp.seconds=1',
    'well_known.field_mask=a',
    'well_known.field_mask.paths=b',
    'scalars.string_value=z'
  ],
  ...['well_known.int64_wrapper.value=7', 'well_known.int64_wrapper=8']
)
const queries = fc.array(pairs, { maxLength: 4 }).map(keys => keys.join('&'))

/** What the path and the token set below, and how it is found in the message. */
const expected = {
  'scalars.int32_value': [7, ({ scalars }: Everything) => scalars?.int32Value],
  'oneofs.scalars.int32_value': [
    7,
    ({ oneofs }: Everything) => (oneofs?.choice.case === 'scalars' ? oneofs.choice.value.int32Value : undefined)
  ],
  'well_known.timestamp': [
    '1714521600.0',
    ({ wellKnown }: Everything) => `${wellKnown?.timestamp?.seconds}.${wellKnown?.timestamp?.nanos}`
  ],
  'well_known.field_mask': ['a,b', ({ wellKnown }: Everything) => wellKnown?.fieldMask?.paths.join()],
  'well_known.int64_wrapper': [7n, ({ wellKnown }: Everything) => wellKnown?.int64Wrapper]
} as const

const template = '/{scalars.int32_value}/{well_known.timestamp}/{well_known.field_mask}'
const path = '/7/2024-05-01T00:00:00Z/a,b'
const claims = { 'oneofs.scalars.int32_value': 7, 'well_known.int64_wrapper': '7' }

for (const body of ['*', 'scalars', 'oneofs', 'well_known', '']) {
  t.test(`no body and no query changes what path and token set: body "${body}"`, async t => {
    const route = putRoute(template, body, EverythingSchema, { claims: Object.keys(claims) })
    const bodyOf = { '*': bodies, scalars, oneofs, well_known: wellKnown, '': fc.constant(undefined) }[body]!
    const queryOf = body === '*' ? fc.constant('') : queries
    let accepted = 0
    fc.assert(
      fc.property(bodyOf, queryOf, (content, query) => {
        let message: Everything
        try {
          message = bind(route, { url: `${path}?${query}`, body: content, claims }) as Everything
        } catch (error) {
          return error instanceof BindError
        }
        accepted++
        return Object.values(expected).every(([value, read]) => read(message) === value)
      }),
      { seed: 20240501, numRuns: 2000 }
    )
    t.ok(accepted > 50, `${accepted} requests were accepted`)
  })
}
