import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import {
  DurationSchema,
  FieldMaskSchema,
  ListValueSchema,
  StructSchema,
  TimestampSchema,
  ValueSchema
} from '@bufbuild/protobuf/wkt'

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const TEXTS = ['', 'x', 'é😀', '"\\\n\u0000', '__proto__', 'constructor', 'a b', '\ufeff', '<script>', '0', 'null']
const DOUBLES = [0, 1.5, -1e300, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const FLOATS = [0, 1.5, -0.25, 3.4028234663852886e38, Number.POSITIVE_INFINITY]
const INT32S = [0, 1, -1, 2147483647, -2147483648]
const UINT32S = [0, 1, 4294967295]
const INT64S = [0n, -1n, 9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)]
const UINT64S = [0n, 9007199254740993n, 2n ** 64n - 1n]

/** A message with values from the edges of their types in about half of its fields, and no google.protobuf.Any. */
export function randomMessage(desc: DescMessage, random: () => number, depth = 0): Message {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const wellKnown = randomWellKnown(desc, pick)
  if (wellKnown !== undefined) return wellKnown
  const message = create(desc)
  const target = reflect(desc, message)
  for (const field of desc.fields) {
    if (random() < 0.5 || (field.message !== undefined && depth > 4)) continue
    if (field.message?.typeName !== 'google.protobuf.Any') setRandom(target, field, pick, random, depth)
  }
  return message
}

type Pick = <T>(values: readonly T[]) => T

function setRandom(target: ReflectMessage, field: DescField, pick: Pick, random: () => number, depth: number): void {
  const element = () => randomElement(field, pick, random, depth)
  if (field.fieldKind === 'list') {
    const list = target.get(field)
    for (let count = pick([0, 1, 3]); count > 0; count--) list.add(element())
  } else if (field.fieldKind === 'map') {
    target.get(field).set(randomScalar(field.mapKey, pick), element())
  } else {
    target.set(field, element())
  }
}

function randomElement(field: DescField, pick: Pick, random: () => number, depth: number) {
  if (field.enum !== undefined) return pick(field.enum.values).number
  if (field.message === undefined) return randomScalar(field.scalar, pick)
  return reflect(field.message, randomMessage(field.message, random, depth + 1))
}

function randomScalar(type: ScalarType, pick: Pick) {
  switch (type) {
    case ScalarType.STRING:
      return pick(TEXTS)
    case ScalarType.BOOL:
      return pick([true, false])
    case ScalarType.BYTES:
      return pick([new Uint8Array(), new Uint8Array([0]), new Uint8Array([0xfb, 0xff, 0xfe, 0x3e])])
    case ScalarType.DOUBLE:
      return pick(DOUBLES)
    case ScalarType.FLOAT:
      return pick(FLOATS)
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(UINT32S)
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return pick(UINT64S)
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return pick(INT64S)
    default:
      return pick(INT32S)
  }
}

/** A message that has a JSON form of its own, with a value that this form can express. */
function randomWellKnown(desc: DescMessage, pick: Pick): Message | undefined {
  const value = create(ValueSchema, { kind: { case: 'stringValue', value: pick(TEXTS) } })
  const nanos = pick([0, 1, 500_000_000, 999_999_999])
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return create(TimestampSchema, { seconds: pick([0n, -1n, -62135596800n, 253402300799n]), nanos })
    case 'google.protobuf.Duration':
      return create(
        DurationSchema,
        pick([{ nanos }, { seconds: 315576000000n, nanos }, { seconds: -1n, nanos: -nanos }])
      )
    case 'google.protobuf.FieldMask':
      return create(FieldMaskSchema, { paths: pick([[], ['title'], ['price_minor', 'author.born_in']]) })
    case 'google.protobuf.Struct':
      return create(StructSchema, { fields: Object.fromEntries([[pick(TEXTS), value]]) })
    case 'google.protobuf.ListValue':
      return create(ListValueSchema, { values: [value] })
    case 'google.protobuf.Value':
      return value
    default:
      return undefined
  }
}
