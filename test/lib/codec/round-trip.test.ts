import { equals, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import t from 'tap'
import { parseJson } from '../../../lib/codec/json-text.ts'
import { compilePrinter, type PrintOptions } from '../../../lib/codec/print.ts'
import { EverythingSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { randomMessage, randomOf } from './random-message.ts'
import { readWith } from './read-with.ts'

const MESSAGES = 200

const STYLES: Partial<PrintOptions>[] = [
  {},
  { fieldNames: 'json', enums: 'name' },
  { implicitFields: false, enums: 'number', int64: 'number' }
]

t.test('whatever is printed is read as the same message', async t => {
  for (let seed = 0; seed < MESSAGES; seed++) {
    const message = randomMessage(EverythingSchema, randomOf(seed))
    for (const style of STYLES) {
      const text = JSON.stringify(compilePrinter(EverythingSchema, style)(message))
      const { message: read, violations } = readWith(EverythingSchema, parseJson(text))
      t.same(violations, [], `seed ${seed}`)
      t.ok(equals(EverythingSchema, read as never, message as never), `seed ${seed} as ${text}`)
    }
  }
})

t.test('protobuf-es and this codec read each other', async t => {
  const print = compilePrinter(EverythingSchema, { enums: 'name', fieldNames: 'json' })
  for (let seed = 0; seed < MESSAGES; seed++) {
    const message = randomMessage(EverythingSchema, randomOf(seed)) as never
    const { message: read, violations } = readWith(EverythingSchema, toJson(EverythingSchema, message))
    t.same(violations, [], `seed ${seed}`)
    t.ok(equals(EverythingSchema, read as never, message), `seed ${seed}`)
    t.ok(equals(EverythingSchema, fromJson(EverythingSchema, print(message) as never), message), `seed ${seed}`)
  }
})

t.test('what is read has a wire form, and comes back from it', async t => {
  for (let seed = 0; seed < MESSAGES; seed++) {
    const json = compilePrinter(EverythingSchema)(randomMessage(EverythingSchema, randomOf(seed)))
    const { message } = readWith(EverythingSchema, json)
    const back = fromBinary(EverythingSchema, toBinary(EverythingSchema, message as never))
    t.strictSame(JSON.stringify(compilePrinter(EverythingSchema)(back)), JSON.stringify(json), `seed ${seed}`)
  }
})
