import type { DescField, DescMessage } from '@bufbuild/protobuf'

/** Writes null into the JSON of a message where fields are not set. */
export type AddNulls = (json: unknown) => void

/**
 * Compiles which fields without a value a response shows as null, where ProtoJSON would leave them out: for a field that
 * "nobody knows now" says something else than "is not there".
 *
 * @param paths field paths in proto names, through lists too: `products.stock`.
 * @param fieldNames how the JSON names fields.
 * @returns a sentence that says what is wrong with a path, or the function.
 */
export function compileNulls(
  desc: DescMessage,
  paths: readonly string[],
  fieldNames: 'proto' | 'json' = 'proto'
): AddNulls | string {
  const steps: string[][] = []
  for (const path of paths) {
    const fields = fieldsOf(desc, path)
    if (typeof fields === 'string') return fields
    steps.push(fields.map(field => (fieldNames === 'proto' ? field.name : field.jsonName)))
  }
  return json => {
    for (const names of steps) addNull(json, names)
  }
}

function fieldsOf(desc: DescMessage, path: string): DescField[] | string {
  const fields: DescField[] = []
  let parent: DescMessage | undefined = desc
  for (const name of path.split('.')) {
    const field: DescField | undefined = parent?.fields.find(candidate => candidate.name === name)
    if (field === undefined) return `nulls: ${desc.typeName} has no field "${path}"`
    fields.push(field)
    parent = field.message
  }
  return fields
}

function addNull(json: unknown, [name, ...rest]: string[]): void {
  if (Array.isArray(json)) {
    for (const element of json) addNull(element, [name as string, ...rest])
  } else if (name !== undefined && typeof json === 'object' && json !== null) {
    const object = json as Record<string, unknown>
    if (rest.length === 0) object[name] ??= null
    else addNull(object[name], rest)
  }
}
