import { type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { PrintError } from '../../transcode/errors.ts'
import { AnyPrinter } from './any.ts'
import { loneMemberOf, memberOf } from './compile-member.ts'
import { fieldMaskPrinter } from './field-mask.ts'
import { doubleOf, writeDouble } from './floats.ts'
import type { Member } from './member.ts'
import type { MessagePrinter, PrintStyle, Scope } from './message-printer.ts'
import { scalarCodec } from './scalar.ts'
import { valuePrinting } from './singular.ts'
import { durationPrinter, timestampPrinter } from './time.ts'
import { UnwrappedPrinter } from './unwrapped-printer.ts'
import type { ValueCodec } from './value.ts'

/** The printer of a message that has a JSON form of its own, or undefined for any other. */
export function wellKnownPrinter(desc: DescMessage, style: PrintStyle): MessagePrinter | undefined {
  switch (desc.typeName) {
    case 'google.protobuf.Any':
      return new AnyPrinter()
    case 'google.protobuf.Timestamp':
      return timestampPrinter
    case 'google.protobuf.Duration':
      return durationPrinter
    case 'google.protobuf.FieldMask':
      return fieldMaskPrinter(style.fieldNames)
    case 'google.protobuf.Value':
      return new UnwrappedPrinter(scope => ({ shown: valueMembers(desc, scope), printAbsent: refuseNoValue }))
    case 'google.protobuf.Struct':
    case 'google.protobuf.ListValue':
      return onlyFieldPrinter(desc)
    default:
      return isWrapperDesc(desc) ? onlyFieldPrinter(desc) : undefined
  }
}

/** A printer of a message that is printed as its only field, also when that is not set. */
function onlyFieldPrinter(desc: DescMessage): MessagePrinter {
  return new UnwrappedPrinter(scope => {
    const { member, printAbsent } = loneMemberOf(desc.fields[0]!, scope)
    return { shown: [member], printAbsent }
  })
}

function valueMembers(desc: DescMessage, scope: Scope): Member[] {
  return desc.fields.map((field, index) => {
    const member = memberOf(field, index, scope)
    return field.scalar === ScalarType.DOUBLE ? { ...member, ...valuePrinting(field.number, finiteDouble) } : member
  })
}

/** A double that is a number in JSON, not a string: that would be read as another kind of value. */
const finiteDouble: ValueCodec = {
  ...scalarCodec(ScalarType.DOUBLE, 'string', true),
  print(wire, out) {
    wire.fixed64()
    const value = doubleOf(wire.low, wire.high)
    if (!Number.isFinite(value)) throw new PrintError(`google.protobuf.Value: ${value} is no JSON number`)
    writeDouble(out, value)
    return true
  }
}

function refuseNoValue(): void {
  throw new PrintError('google.protobuf.Value: no value is set')
}
