import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'

/**
 * The fields without a value that a response shows as null, where ProtoJSON would leave them out: for a field of which
 * "nobody knows now" says something else than "is not there". It is null wherever the response has a message of its type.
 *
 * @param paths field paths in proto names, through lists too: `products.stock`.
 * @returns a sentence that says what is wrong with a path, or the fields.
 */
export function nullFields(desc: DescMessage, paths: readonly string[]): ReadonlySet<DescField> | string {
  const fields = new Set<DescField>()
  for (const path of paths) {
    const field = fieldOf(desc, path)
    if (field === undefined) return `nulls: ${desc.typeName} has no field "${path}"`
    if (field.presence === FeatureSet_FieldPresence.IMPLICIT) return `nulls: "${path}" always has a value`
    fields.add(field)
  }
  return fields
}

function fieldOf(desc: DescMessage, path: string): DescField | undefined {
  let parent: DescMessage | undefined = desc
  let field: DescField | undefined
  for (const name of path.split('.')) {
    field = parent?.fields.find(candidate => candidate.name === name)
    parent = field?.message
  }
  return field
}
