import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { hasSettableFields, type ParentField } from '../codec/local.ts'
import { fieldsByName } from '../codec/names.ts'
import { didYouMean, quoteName } from '../codec/nearest.ts'
import type { ReadText } from '../codec/read-scalar.ts'
import { fieldTextReader } from '../codec/read-text.ts'
import type { Violation } from '../codec/violations.ts'

/** What the key of a query parameter leads to. */
export interface Parameter {
  /** The messages that hold the field, from the request down. */
  parents: ParentField[]
  field: DescField
  /** The path of each parent, then of the field itself, in proto names. */
  paths: string[]
  readText: ReadText
}

/** Why a key leads nowhere. */
export type Unresolved = Pick<Violation, 'reason' | 'description'>

/** A path as deep as messages may nest. */
const MAX_STEPS = 100

/** Compiles the way from the key of a query parameter, a dotted path of proto or JSON names, to a field. */
export function parameterResolver(desc: DescMessage): (key: string) => Parameter | Unresolved {
  const names = namesOf(desc)
  return key => {
    const steps = key.split('.')
    return steps.length > MAX_STEPS ? unknown(key) : resolve(names, key, steps, [], [])
  }
}

interface Name {
  field: DescField
  readText: ReadText | undefined
}

const compiledNames = new WeakMap<DescMessage, Map<string, Name>>()

/** The names in a message; compiled when a key first leads there, as messages may hold themselves. */
function namesOf(desc: DescMessage): Map<string, Name> {
  const known = compiledNames.get(desc)
  if (known !== undefined) return known
  const names = new Map<string, Name>()
  for (const [name, field] of fieldsByName(desc)) names.set(name, { field, readText: fieldTextReader(field) })
  compiledNames.set(desc, names)
  return names
}

/** Resolves the steps of a key behind the parents that it has led through so far. */
function resolve(
  names: Map<string, Name>,
  key: string,
  steps: string[],
  parents: ParentField[],
  paths: string[]
): Parameter | Unresolved {
  const [step = '', ...rest] = steps.slice(parents.length)
  const name = names.get(step)
  if (name === undefined) return unknown(key, siblings(steps, parents.length, names))
  const { field, readText } = name
  paths.push(paths.length === 0 ? field.name : `${paths.at(-1)}.${field.name}`)
  if (rest.length === 0 || isWrapperValue(field, rest)) {
    return readText === undefined ? notBindable(field, key) : { parents, field, paths, readText }
  }
  if (!hasSettableFields(field)) return readText === undefined ? notBindable(field, key) : unknown(key)
  parents.push(field)
  return resolve(namesOf(field.message), key, steps, parents, paths)
}

/** Whether the rest of a key names the value of a wrapper, which is the wrapper itself. */
function isWrapperValue(field: DescField, rest: string[]): boolean {
  return field.fieldKind === 'message' && isWrapperDesc(field.message) && rest.join('.') === 'value'
}

/** The keys that differ in the step at an index only. */
function siblings(steps: string[], index: number, names: Map<string, Name>): string[] {
  return [...names.keys()].map(name => [...steps.slice(0, index), name].join('.'))
}

function unknown(key: string, candidates: string[] = []): Unresolved {
  const description = `unknown query parameter ${quoteName(key)}${didYouMean(key, candidates)}`
  return { reason: 'UNKNOWN_FIELD', description }
}

function notBindable(field: DescField, key: string): Unresolved {
  return {
    reason: 'INVALID_QUERY',
    description: `is ${kindOf(field)}, which a query cannot express${hint(field, key)}`
  }
}

function kindOf({ fieldKind }: DescField): string {
  if (fieldKind === 'map') return 'a map'
  return fieldKind === 'list' ? 'a list of messages' : 'a message'
}

function hint(field: DescField, key: string): string {
  const first = hasSettableFields(field) ? field.message.fields[0] : undefined
  return first === undefined ? '' : `: give its fields, such as "${key}.${first.name}"`
}
