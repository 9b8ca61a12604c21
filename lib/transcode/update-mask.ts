import { create, type DescField, type DescMessage } from '@bufbuild/protobuf'
import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import { FieldMaskSchema, hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { fieldsByName } from '../codec/names.ts'
import type { HttpRule } from '../httprule/rules.ts'
import type { Given } from './given.ts'
import { writeField } from './write-field.ts'

/**
 * Writes the update mask of a request when the caller sent none.
 *
 * @param body the JSON of the body, which is valid.
 */
export type FillMask = (body: unknown, given: Given, writer: BinaryWriter) => void

/** The name that AIP-134 gives the mask of an update. */
const MASK_FIELD = 'update_mask'

/**
 * Compiles how the update mask of a PATCH is filled: with the fields that the body has, down to those that are no message,
 * in proto names, relative to the body (https://google.aip.dev/134). A field that is null in the body is in the mask, which
 * is how it is cleared. Undefined when the rule is no PATCH with a body and a mask.
 *
 * @param excluded paths of the request that are no part of what is updated, such as those in the path of the URL.
 */
export function compileFillMask(rule: HttpRule, excluded: readonly string[]): FillMask | undefined {
  const mask = rule.method.input.fields.find(field => field.name === MASK_FIELD && isMask(field))
  const updated = rule.body === '*' ? rule.method.input : bodyMessage(rule)
  if (rule.httpMethod !== 'PATCH' || mask === undefined || updated === undefined) return undefined
  const prefix = rule.body === '*' ? '' : `${rule.body}.`
  const skip = new Set(
    [...excluded, MASK_FIELD].map(path => (path.startsWith(prefix) ? path.slice(prefix.length) : ''))
  )
  const names = rule.body === '*' ? [mask.name, mask.jsonName] : []
  return (body, given, writer) => {
    if (given.has(mask.name) || names.some(name => isSet(body, name))) return
    const paths = new Set<string>()
    collectPaths(updated, body, '', skip, paths)
    if (paths.size > 0) writeField(writer, [], mask, create(FieldMaskSchema, { paths: [...paths] }))
  }
}

function isSet(json: unknown, name: string): boolean {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name) && Reflect.get(json, name) !== null
}

function isMask(field: DescField): boolean {
  return field.fieldKind === 'message' && field.message.typeName === 'google.protobuf.FieldMask'
}

function bodyMessage(rule: HttpRule): DescMessage | undefined {
  const field = rule.method.input.fields.find(candidate => candidate.name === rule.body)
  return field?.fieldKind === 'message' ? field.message : undefined
}

const namesOf = new WeakMap<DescMessage, Map<string, DescField>>()

function collectPaths(
  desc: DescMessage,
  json: unknown,
  prefix: string,
  skip: ReadonlySet<string>,
  paths: Set<string>
): void {
  if (typeof json !== 'object' || json === null) return
  const names = namesOf.get(desc) ?? fieldsByName(desc)
  namesOf.set(desc, names)
  for (const [name, value] of Object.entries(json)) {
    const field = names.get(name)
    if (field === undefined || skip.has(prefix + field.name)) continue
    if (isPlainMessage(field) && hasKeys(value)) {
      collectPaths(field.message, value, `${prefix}${field.name}.`, skip, paths)
    } else {
      paths.add(prefix + field.name)
    }
  }
}

function isPlainMessage(field: DescField): field is DescField & { fieldKind: 'message' } {
  return field.fieldKind === 'message' && !hasCustomJsonRepresentation(field.message)
}

function hasKeys(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
