import type { DescField } from '@bufbuild/protobuf'
import { type Path, pathToString } from '@bufbuild/protobuf/reflect'
import { quoteName } from '../codec/nearest.ts'
import type { BoundValues } from './bound.ts'
import type { Given } from './given.ts'

/** What a request consists of, to name its parts. */
export interface RequestParts {
  /** What the path, the token and headers set. */
  bound: BoundValues
  /** What the query set. */
  given: Given
  /** The JSON of the body, which is valid. */
  json: unknown
}

type Step = Path[number]

/**
 * Names a part of a request message as the caller knows it: a variable of the path by its field path, a query parameter by
 * the key that was sent, and what is in the body as it is spelled there, from the body on. What is missing has its proto
 * name.
 *
 * @param body the body of the rule.
 */
export function requestPath(path: Path, body: string, { bound, given, json }: RequestParts): string {
  const names = leadingFields(path).map(field => field.name)
  for (let length = names.length; length > 0; length--) {
    const dotted = names.slice(0, length).join('.')
    for (const field of bound.keys()) if (field.path === dotted) return pathToString(path)
    const key = given.keys.get(dotted)
    if (key !== undefined) return spell(path.slice(length), undefined, key)
  }
  if (body === '*') return spell(path, json)
  if (names[0] === body && path.length > 1) return spell(path.slice(1), json)
  return pathToString(path)
}

function leadingFields(path: Path): DescField[] {
  const end = path.findIndex(step => step.kind !== 'field')
  return (end === -1 ? path : path.slice(0, end)) as DescField[]
}

/** Spells the steps behind `start` with the names that the JSON has for them. */
function spell(path: readonly Step[], json: unknown, start = ''): string {
  let text = start
  let value = json
  for (const step of path) {
    const [name, key] = spellStep(step, value)
    text += text === '' || name.startsWith('[') ? name : `.${name}`
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  }
  return text
}

/** How a step is written behind others, and the key of a JSON object or array that leads there. */
function spellStep(step: Step, json: unknown): [name: string, key: string] {
  switch (step.kind) {
    case 'list_sub':
      return [`[${step.index}]`, String(step.index)]
    case 'map_sub':
      return [`[${quoteName(String(step.key))}]`, String(step.key)]
    case 'extension':
      return [`[${step.typeName}]`, `[${step.typeName}]`]
    case 'oneof':
      return [step.name, step.name]
    default: {
      const isJsonName = typeof json === 'object' && json !== null && !Object.hasOwn(json, step.name)
      const name = isJsonName && Object.hasOwn(json, step.jsonName) ? step.jsonName : step.name
      return [name, name]
    }
  }
}
