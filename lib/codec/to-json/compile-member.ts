import type { DescExtension, DescField } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { enumCodec, unknownNumberTest } from './enum.ts'
import { listPrinting } from './list.ts'
import { MapPrinting } from './map.ts'
import type { Member, Printing, SingularPrinting } from './member.ts'
import type { Scope } from './message-printer.ts'
import { mapKeyCodec, scalarCodec } from './scalar.ts'
import { messagePrinting, omitting, valuePrinting } from './singular.ts'
import type { ValueCodec } from './value.ts'

type Field = DescField | DescExtension

const NOTHING = Buffer.alloc(0)
const NULL = Buffer.from('null')

/** The number of the field that holds the value in the entry of a map. */
const MAP_VALUE = 2

/** Compiles a field of a message. `index` is its place in the order of the numbers. */
export function memberOf(field: Field, index: number, scope: Scope): Member {
  const name = Buffer.from(`${JSON.stringify(nameOf(field, scope))}:`)
  const zero = zeroOf(field, scope)
  const absent = zero === undefined ? NOTHING : Buffer.concat([name, zero, Buffer.from(',')])
  const oneof = field.oneof === undefined ? -1 : field.oneof.parent.oneofs.indexOf(field.oneof)
  return { index, name, absent, oneof, ignores: undefined, ...printingOf(field, scope) }
}

/** Compiles a field that is printed by itself instead of as a member of an object. */
export function loneMemberOf(
  field: DescField,
  scope: Scope
): { member: Member; printAbsent: SingularPrinting['printAbsent'] } {
  const alone = { ...scope, implicitFields: true }
  const zero = zeroOf(field, alone) ?? NULL
  return { member: memberOf(field, 0, alone), printAbsent: (_wire, out) => out.raw(zero) }
}

/** The other fields of the same oneof: of these and the field, the one that comes last is set. */
export function rivalsOf(field: DescField, scope: Scope): Member[] {
  const rivals = field.oneof?.fields.filter(other => other !== field) ?? []
  return rivals.map((rival, index) => memberOf(rival, index + 1, scope))
}

function nameOf(field: Field, scope: Scope): string {
  if (field.kind === 'extension') return `[${field.typeName}]`
  return scope.fieldNames === 'json' ? field.jsonName : field.name
}

/** What is printed for a field that is not set, or undefined for nothing. */
function zeroOf(field: Field, scope: Scope): Uint8Array | undefined {
  if (field.kind === 'extension') return undefined
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) return scope.isNullable(field) ? NULL : undefined
  if (!scope.implicitFields) return undefined
  if (field.fieldKind === 'list') return Buffer.from('[]')
  return field.fieldKind === 'map' ? Buffer.from('{}') : codecOf(field, scope).zero
}

function printingOf(field: Field, scope: Scope): Printing & { ignores?: SingularPrinting['ignores'] } {
  const printEmpty = scope.implicitFields && field.kind === 'field'
  switch (field.fieldKind) {
    case 'list': {
      const { tags, print } = singularPrinting(field, field.number, scope)
      return listPrinting(tags[0]!, print, printEmpty)
    }
    case 'map': {
      const key = mapKeyCodec(field.mapKey, field.utf8Validation)
      return { ...new MapPrinting(field.number, key, singularPrinting(field, MAP_VALUE, scope), printEmpty) }
    }
    default: {
      const printing = singularPrinting(field, field.number, scope)
      const hidesZero = field.presence === FeatureSet_FieldPresence.IMPLICIT && !scope.implicitFields
      return hidesZero ? valuePrinting(field.number, hidingZero(codecOf(field, scope))) : printing
    }
  }
}

/** The printing of a singular field, of an element of a list, or of a value of a map. */
function singularPrinting(field: Field, number: number, scope: Scope): SingularPrinting {
  if (field.message !== undefined) {
    return messagePrinting(number, scope.printerOf(field.message), field.delimitedEncoding)
  }
  return valuePrinting(number, codecOf(field, scope), field.enum && unknownNumberTest(field.enum))
}

/** The codec of a scalar or an enum. */
function codecOf(field: Field, scope: Scope): ValueCodec {
  if (field.enum !== undefined) return enumCodec(field.enum, scope.enums)
  return scalarCodec(field.scalar!, scope.int64, field.utf8Validation)
}

function hidingZero(codec: ValueCodec): ValueCodec {
  return { ...codec, print: omitting(codec.zero, codec.print) }
}
