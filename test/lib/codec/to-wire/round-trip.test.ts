import { equals, fromBinary, fromJson, toBinary, toJson, toJsonString } from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { EverythingSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { randomMessage, randomOf } from '../random-message.ts'
import { toWireWith } from './to-wire-with.ts'

const MESSAGES = 300

/** The messages of a seed, and their JSON as protobuf-es prints it. */
function sample(seed: number) {
  const message = randomMessage(EverythingSchema, randomOf(seed)) as never
  return { message, json: toJson(EverythingSchema, message) }
}

t.test('whatever protobuf-es prints is the same message on the wire', async t => {
  for (let seed = 0; seed < MESSAGES; seed++) {
    const { message } = sample(seed)
    for (const style of [{}, { useProtoFieldName: true, enumAsInteger: true, alwaysEmitImplicit: true }]) {
      const text = toJsonString(EverythingSchema, message, style)
      const read = toWireWith(EverythingSchema, text)
      t.same(read.violations, [], `seed ${seed}`)
      t.ok(equals(EverythingSchema, read.message as never, message), `seed ${seed}`)
    }
  }
})

t.test('the wire is as long as that of protobuf-es, which is as short as it can be', async t => {
  for (let seed = 0; seed < MESSAGES; seed++) {
    const { message, json } = sample(seed)
    const { wire } = toWireWith(EverythingSchema, JSON.stringify(json))
    t.equal(wire.length, toBinary(EverythingSchema, message).length, `seed ${seed}`)
  }
})

/** Writes JSON with space, escapes and number spellings that `random` chooses; the meaning stays. */
function spell(json: unknown, random: () => number): string {
  const space = () => ' \t\n\r'.slice(0, Math.floor(random() * 5))
  const join = (parts: string[]) => parts.map(part => space() + part + space()).join(',')
  if (typeof json === 'string') {
    const units = json.split('').map(unit => {
      const escaped = random() < 0.2 || /["\\\ud800-\udfff]/.test(unit) || unit < ' '
      return escaped ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit
    })
    return `"${units.join('')}"`
  }
  if (Array.isArray(json)) return `[${join(json.map(item => spell(item, random))) || space()}]`
  if (typeof json === 'object' && json !== null) {
    const members = Object.entries(json).map(([key, value]) => {
      return `${spell(key, random)}${space()}:${space()}${spell(value, random)}`
    })
    return `{${join(members) || space()}}`
  }
  return JSON.stringify(json)
}

t.test('the same JSON in any spelling gives the same bytes', async t => {
  for (let seed = 0; seed < MESSAGES; seed++) {
    const { json } = sample(seed)
    const plain = toWireWith(EverythingSchema, JSON.stringify(json))
    const spelled = toWireWith(EverythingSchema, ` ${spell(json, randomOf(seed))}\n`)
    t.same(spelled.violations, [], `seed ${seed}`)
    t.ok(Buffer.from(plain.wire).equals(spelled.wire), `seed ${seed}`)
  }
})

t.test('members in any order are the same message', async t => {
  const shuffled = (json: unknown, random: () => number): unknown => {
    if (Array.isArray(json)) return json.map(item => shuffled(item, random))
    if (typeof json !== 'object' || json === null) return json
    const entries = Object.entries(json).map(entry => [random(), entry] as const)
    const inOrder = entries.toSorted(([a], [b]) => a - b).map(([, [key, value]]) => [key, shuffled(value, random)])
    return Object.fromEntries(inOrder)
  }
  for (let seed = 0; seed < MESSAGES; seed++) {
    const { message, json } = sample(seed)
    const { message: read } = toWireWith(EverythingSchema, JSON.stringify(shuffled(json, randomOf(seed + 1))))
    t.ok(equals(EverythingSchema, read as never, message), `seed ${seed}`)
  }
})

t.test('integers of every size come through', async t => {
  const integers = fc.record({
    int32Value: fc.integer(),
    sint32Value: fc.integer(),
    sfixed32Value: fc.integer(),
    uint32Value: fc.nat({ max: 2 ** 32 - 1 }),
    fixed32Value: fc.nat({ max: 2 ** 32 - 1 }),
    int64Value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    sint64Value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    sfixed64Value: fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }).map(String),
    uint64Value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    fixed64Value: fc.bigInt({ min: 0n, max: 2n ** 34n }).map(String),
    floatValue: fc.float({ noNaN: true, noDefaultInfinity: true }),
    doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true })
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(integers, scalars => {
        const json = JSON.parse(JSON.stringify({ scalars, optionals: scalars }))
        const { wire } = toWireWith(EverythingSchema, JSON.stringify(json))
        const expected = fromJson(EverythingSchema, json)
        return equals(EverythingSchema, fromBinary(EverythingSchema, wire), expected)
      }),
      { seed: 1, numRuns: 500 }
    )
  )
})
