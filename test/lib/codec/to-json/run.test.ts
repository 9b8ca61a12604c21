import { type DescMessage, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import { StructSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { compileToJson, type ToJsonOptions } from '../../../../lib/codec/to-json/compile.ts'
import { PrintError } from '../../../../lib/transcode/errors.ts'
import { EverythingSchema } from '../../../fixtures/gen/fixture/v1/library_pb.ts'
import { NestedSchema, WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { randomMessage, randomOf } from '../random-message.ts'
import { mangleWire } from './mangle-wire.ts'
import { isSameJson } from './same-json.ts'
import { message, varint } from './wire.ts'

const RUNS = { numRuns: 150, seed: 20_240_501 }
const seeds = fc.integer({ min: 0, max: 2 ** 31 })

const STYLES: [ours: Partial<ToJsonOptions>, alwaysEmitImplicit: boolean][] = [
  [{ fieldNames: 'json', enums: 'name', implicitFields: true }, true],
  [{ fieldNames: 'json', enums: 'name', implicitFields: false }, false]
]

function parsed(desc: DescMessage, wire: Uint8Array, options: Partial<ToJsonOptions>): unknown {
  return JSON.parse(compileToJson(desc, options)(wire).toString())
}

t.test('any message is printed as protobuf-es prints it', async () => {
  fc.assert(
    fc.property(seeds, seed => {
      const any = randomMessage(EverythingSchema, randomOf(seed)) as never
      const wire = toBinary(EverythingSchema, any)
      return STYLES.every(([options, alwaysEmitImplicit]) =>
        isSameJson(parsed(EverythingSchema, wire, options), toJson(EverythingSchema, any, { alwaysEmitImplicit }))
      )
    }),
    RUNS
  )
})

t.test('fields out of order, again and again and in parts are printed as protobuf-es reads them', async () => {
  fc.assert(
    fc.property(seeds, seed => {
      const random = randomOf(seed)
      const any = randomMessage(EverythingSchema, random) as never
      const wire = mangleWire(EverythingSchema, toBinary(EverythingSchema, any), random)
      const read = fromBinary(EverythingSchema, wire)
      return STYLES.every(([options, alwaysEmitImplicit]) =>
        isSameJson(parsed(EverythingSchema, wire, options), toJson(EverythingSchema, read, { alwaysEmitImplicit }))
      )
    }),
    RUNS
  )
})

t.test('the text is the same whatever the order of the fields', async () => {
  const print = compileToJson(NestedSchema)
  fc.assert(
    fc.property(seeds, seed => {
      const random = randomOf(seed)
      const inner = [varint(2, Math.floor(random() * 100)), message(1, varint(2, 1))]
      const fields = [message(1, ...inner), message(2, ...inner), message(3, message(1, ...inner))]
      return print(Buffer.concat(fields)).equals(print(Buffer.concat(fields.toReversed())))
    }),
    RUNS
  )
})

t.test('broken bytes are refused or printed, and nothing else', async () => {
  const print = compileToJson(EverythingSchema)
  const mutation = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255), cut: fc.nat(9) })
  fc.assert(
    fc.property(seeds, fc.array(mutation, { minLength: 1, maxLength: 4 }), (seed, mutations) => {
      let wire = Buffer.from(toBinary(EverythingSchema, randomMessage(EverythingSchema, randomOf(seed)) as never))
      for (const { at, byte, cut } of mutations) {
        const index = Math.floor(at * wire.length)
        wire = cut === 0 ? wire.subarray(0, index) : wire
        if (index < wire.length) wire[index] = byte
      }
      try {
        JSON.parse(print(wire).toString())
        return true
      } catch (error) {
        return error instanceof PrintError
      }
    }),
    { ...RUNS, numRuns: 400 }
  )
})

t.test('messages in messages, each out of order, do not take twice the time for each level', async t => {
  // Twice for each of 98 levels would take longer than anyone can wait.
  let wire: Uint8Array = varint(2, 1)
  for (let level = 0; level < 98; level++) wire = Buffer.concat([message(3, wire), message(1, varint(2, level))])
  const json = parsed(NestedSchema, wire, { implicitFields: false }) as { inner: unknown; child: unknown }
  t.same(json.inner, { count: 97 })
  t.match(json.child, { inner: { count: 96 } })
})

t.test('an error says which type the bytes are not of', async t => {
  t.throws(() => compileToJson(NestedSchema)(Buffer.from([0xff])), {
    name: 'PrintError',
    message: 'fixture.v1.Nested: the bytes are malformed: they end in the middle of a field'
  })
})

t.test('what cannot be printed by itself may be when it is merged with the rest', async t => {
  const struct = toBinary(StructSchema, fromJson(StructSchema, { a: 1 }))
  // A google.protobuf.Value in two parts, of which the first is empty.
  const parts = Buffer.concat([message(5), message(5, message(5, struct))])
  t.match(parsed(WellKnownSchema, parts, {}), { value: { a: 1 } })
})

t.test('a message after one that failed is printed by itself', async t => {
  const print = compileToJson(NestedSchema, { implicitFields: false })
  t.throws(() => print(Buffer.concat([message(1, varint(2, 1)), Buffer.from([0xff])])))
  t.equal(print(message(1, varint(2, 2))).toString(), '{"inner":{"count":2}}')
})
