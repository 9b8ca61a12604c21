import { isFieldSet } from '@bufbuild/protobuf'
import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto
} from '@bufbuild/protobuf/wkt'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type
} from '@bufbuild/protobuf/wkt'

/** The largest field number, 2^29 - 1, which a range writes as `max`. */
const MAX_FIELD_NUMBER = 536_870_911

const SCALARS: Partial<Record<Type, string>> = {
  [Type.DOUBLE]: 'double',
  [Type.FLOAT]: 'float',
  [Type.INT64]: 'int64',
  [Type.UINT64]: 'uint64',
  [Type.INT32]: 'int32',
  [Type.FIXED64]: 'fixed64',
  [Type.FIXED32]: 'fixed32',
  [Type.BOOL]: 'bool',
  [Type.STRING]: 'string',
  [Type.BYTES]: 'bytes',
  [Type.UINT32]: 'uint32',
  [Type.SFIXED32]: 'sfixed32',
  [Type.SFIXED64]: 'sfixed64',
  [Type.SINT32]: 'sint32',
  [Type.SINT64]: 'sint64'
}

const LABELS: Record<Label, string> = {
  [Label.OPTIONAL]: 'optional',
  [Label.REQUIRED]: 'required',
  [Label.REPEATED]: 'repeated'
}

/**
 * Prints a proto2 file descriptor as the text of a .proto file.
 *
 * Options are left out. They are not needed to compile what imports the file, and those of buf/validate/validate.proto,
 * the one file printed here, are CEL expressions that only the validator evaluates: it brings its own descriptor.
 *
 * @throws Error for what the printer would print wrong: another syntax than proto2, groups, maps and services.
 */
export function printProto(file: FileDescriptorProto): string {
  // A descriptor leaves the syntax out when it is proto2 (google/protobuf/descriptor.proto, FileDescriptorProto.syntax).
  if (file.syntax !== '' && file.syntax !== 'proto2') refuse(file.name, `the syntax ${file.syntax}`)
  if (file.service.length > 0) refuse(file.name, 'services')

  const sections = [
    ['syntax = "proto2";'],
    [`package ${file.package};`],
    file.dependency.map((path, index) => `import ${file.publicDependency.includes(index) ? 'public ' : ''}"${path}";`),
    ...printExtensions(file.extension),
    ...file.messageType.map(message => printMessage(message)),
    ...file.enumType.map(printEnum)
  ]
  return `${sections.map(lines => lines.join('\n')).join('\n\n')}\n`
}

function printMessage(message: DescriptorProto): string[] {
  if (message.options?.mapEntry) refuse(message.name, 'maps')
  return block(`message ${message.name}`, [
    ...message.enumType.flatMap(printEnum),
    ...message.nestedType.flatMap(printMessage),
    ...printFields(message),
    ...message.extensionRange.map(range => `extensions ${printRange(range)};`),
    ...message.reservedRange.map(range => `reserved ${printRange(range)};`),
    ...message.reservedName.map(name => `reserved "${name}";`),
    ...printExtensions(message.extension).flat()
  ])
}

/** Prints a message's fields in their order, those of a oneof together at the place of the first. */
function printFields(message: DescriptorProto): string[] {
  const printed = new Set<number>()
  return message.field.flatMap(field => {
    if (!isOneofMember(field)) return [printField(field)]
    if (printed.has(field.oneofIndex)) return []
    printed.add(field.oneofIndex)
    const members = message.field.filter(other => isOneofMember(other) && other.oneofIndex === field.oneofIndex)
    return block(`oneof ${message.oneofDecl[field.oneofIndex]?.name}`, members.map(printMember))
  })
}

function isOneofMember(field: FieldDescriptorProto): boolean {
  return isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex)
}

function printField(field: FieldDescriptorProto): string {
  return `${LABELS[field.label]} ${printMember(field)}`
}

/** Prints a field without its label, which the members of a oneof do not have. */
function printMember(field: FieldDescriptorProto): string {
  return `${printType(field)} ${field.name} = ${field.number};`
}

function printType(field: FieldDescriptorProto): string {
  if (field.type === Type.MESSAGE || field.type === Type.ENUM) return field.typeName
  return SCALARS[field.type] ?? refuse(field.name, 'groups')
}

function printExtensions(extensions: FieldDescriptorProto[]): string[][] {
  return extensions.map(extension => block(`extend ${extension.extendee}`, [printField(extension)]))
}

function printEnum(descriptor: EnumDescriptorProto): string[] {
  return block(`enum ${descriptor.name}`, [
    ...descriptor.value.map(value => `${value.name} = ${value.number};`),
    ...descriptor.reservedRange.map(range => `reserved ${range.start} to ${range.end};`),
    ...descriptor.reservedName.map(name => `reserved "${name}";`)
  ])
}

/** Prints a range of field numbers. Unlike an enum's, its end is exclusive in the descriptor. */
function printRange({ start, end }: { start: number; end: number }): string {
  return `${start} to ${end - 1 === MAX_FIELD_NUMBER ? 'max' : end - 1}`
}

function block(head: string, lines: string[]): string[] {
  return [`${head} {`, ...lines.map(line => `  ${line}`), '}']
}

function refuse(name: string, what: string): never {
  throw new Error(`print-proto: ${name}: ${what} cannot be printed`)
}
