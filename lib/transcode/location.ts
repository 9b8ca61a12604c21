import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { compilePick, type PickField } from '../codec/pick.ts'
import { expandTemplate } from '../httprule/expand.ts'
import type { HttpRule } from '../httprule/rules.ts'
import type { RoutePolicy } from '../policies/route-policy.ts'

/** A rule that is served, and who may call it. */
export interface ServedRule {
  rule: HttpRule
  policy: RoutePolicy
}

/** Finds the path of what was created in the wire bytes of the answer; undefined when it cannot be told. */
export type Locate = (wire: Uint8Array) => string | undefined

/**
 * Compiles the `Location` of an answer 201 (RFC 9110, section 10.2.2): the path by which the resource is read.
 *
 * It is the first GET of the same service that
 *
 * - answers with the resource: with the message that the creating rpc answers with, or one that is a field of that;
 * - ends with its only variable, which fills from the answer: from the field of its name (`order_id`), or, when that is
 *   `..._id`, from `id`, of the answer or of the resource in it;
 * - asks for no role that creating does not ask for.
 *
 * @param served all rules of the service, in its order.
 * @returns null when there is none.
 */
export function compileLocation(created: ServedRule, served: readonly ServedRule[]): Locate | null {
  for (const candidate of served) {
    const { template } = candidate.rule
    const [variable] = template.variables
    if (variable === undefined || !isRead(candidate.rule) || !mayRead(created, candidate)) continue
    const pick = pickId(created.rule.method.output, candidate.rule.method.output, variable.fieldPath)
    if (pick === undefined) continue
    return wire => {
      const id = pick(wire)
      return id === undefined ? undefined : (expandTemplate(template, new Map([[variable.fieldPath, id]])) ?? undefined)
    }
  }
  return null
}

/** Whether the rule reads one resource, as https://google.aip.dev/131 has it. */
function isRead({ method, httpMethod, template, responseBody }: HttpRule): boolean {
  const { variables, segments, verb } = template
  const endsWithVariable = variables.length === 1 && variables[0]!.end === segments.length && verb === null
  return httpMethod === 'GET' && method.methodKind === 'unary' && responseBody === '' && endsWithVariable
}

function mayRead({ policy: { roles } }: ServedRule, { policy }: ServedRule): boolean {
  return policy.roles.length === 0 || (roles.length > 0 && roles.every(role => policy.roles.includes(role)))
}

/** Compiles the reading of the id that a path variable stands for. */
function pickId(answer: DescMessage, resource: DescMessage, variable: string): PickField | undefined {
  const holder = answer.fields.find(field => field.fieldKind === 'message' && isSame(field.message, resource))
  if (!isSame(answer, resource) && holder === undefined) return undefined
  const name = variable.slice(variable.lastIndexOf('.') + 1)
  const own = idOf(answer, name, isSame(answer, resource))
  if (own !== undefined) return compilePick(answer, own.name)
  const held = holder === undefined ? undefined : idOf(resource, name, true)
  return held === undefined ? undefined : compilePick(answer, `${holder!.name}.${held.name}`)
}

/** @param isResource whether the message is the resource itself, whose `id` is its own. */
function idOf({ fields }: DescMessage, name: string, isResource: boolean): DescField | undefined {
  const names = isResource && name.endsWith('_id') ? [name, 'id'] : [name]
  const found = names.map(candidate => fields.find(field => field.name === candidate))
  return found.find(field => field?.fieldKind === 'scalar' || field?.fieldKind === 'enum')
}

function isSame(a: DescMessage, b: DescMessage): boolean {
  return a.typeName === b.typeName
}
