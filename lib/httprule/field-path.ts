import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { hasSettableFields } from '../codec/local.ts'
import { fieldTextReader } from '../codec/read-text.ts'

/**
 * The fields that a dotted path of proto names leads through, the last of which takes the value: a scalar, an enum or a
 * message whose JSON is a scalar. All others are singular messages.
 *
 * @returns the fields, or a sentence that says why the path leads nowhere.
 */
export function fieldPath(desc: DescMessage, path: string): DescField[] | string {
  const fields: DescField[] = []
  let parent: DescMessage | undefined = desc
  for (const name of path.split('.')) {
    if (parent === undefined) return `"${fields.at(-1)?.name}" has no field "${name}" that can be set by itself`
    const field: DescField | undefined = parent.fields.find(candidate => candidate.name === name)
    if (field === undefined) return `${parent.typeName} has no field "${name}"`
    if (field.fieldKind === 'list' || field.fieldKind === 'map') return `"${name}" is repeated, it has no single value`
    fields.push(field)
    parent = hasSettableFields(field) ? field.message : undefined
  }
  if (fieldTextReader(fields.at(-1)!) === undefined) return `"${path}" is a message, only one of its fields can be set`
  return fields
}
