import { findWitness, samplePath } from './overlap.ts'
import { createRouter, type Router } from './router.ts'
import type { HttpRule } from './rules.ts'
import { compareShapes, isException, type Shape, shapeOf } from './shape.ts'

/** Two rules that match the same request. */
export interface Overlap {
  winner: HttpRule
  loser: HttpRule
  /** The method that both serve; `*` for any. */
  httpMethod: string
  /** A path that both match. Another rule, more specific than both, may serve it. */
  witness: string
  /**
   * Whether the winner is an exception to the loser: at no place less specific. If not, as with `/a/{x}` and `/{y}/b`, it is
   * only the order of segments that makes it win, and whoever wrote the two may not have seen that they meet.
   */
  strict: boolean
}

/** A rule that no request ever reaches. */
export interface Unreachable {
  rule: HttpRule
  /** The rules that together win all its paths. */
  winners: HttpRule[]
}

export interface Analysis {
  overlaps: Overlap[]
  unreachable: Unreachable[]
}

/**
 * Says which rules meet, who wins, and which are never reached.
 *
 * @throws RuleError when two rules are equal, as `Router.add` does.
 */
export function analyseRules(rules: readonly HttpRule[]): Analysis {
  const shaped = rules.map(rule => ({ rule, shape: shapeOf(rule.template) }))
  const overlaps: Overlap[] = []
  for (const [index, one] of shaped.entries()) {
    for (const other of shaped.slice(index + 1)) {
      const overlap = findOverlap(one, other)
      if (overlap !== null) overlaps.push(overlap)
    }
  }
  return { overlaps, unreachable: findUnreachable(shaped) }
}

interface ShapedRule {
  rule: HttpRule
  shape: Shape
}

function findOverlap(one: ShapedRule, other: ShapedRule): Overlap | null {
  const httpMethod = commonMethod(one.rule, other.rule)
  const witness = httpMethod === null ? null : findWitness(one.shape, other.shape)
  if (httpMethod === null || witness === null) return null
  const [winner, loser] = isBefore(one, other) ? [one, other] : [other, one]
  const strict = isException(winner.shape, loser.shape)
  return { winner: winner.rule, loser: loser.rule, httpMethod, witness, strict }
}

/** HEAD and GET have none: that a rule for HEAD takes it from the one for GET is what it is there for. */
function commonMethod({ httpMethod: a }: HttpRule, { httpMethod: b }: HttpRule): string | null {
  if (a === b || b === '*') return a
  return a === '*' ? b : null
}

/** As `Router.match` has it. */
function isBefore(one: ShapedRule, other: ShapedRule): boolean {
  if (one.rule.httpMethod !== other.rule.httpMethod && [one, other].some(({ rule }) => rule.httpMethod === 'HEAD')) {
    return one.rule.httpMethod === 'HEAD'
  }
  const order = compareShapes(one.shape, other.shape)
  return order === 0 ? other.rule.httpMethod === '*' : order < 0
}

/**
 * Where a rule takes any text, one that no rule names evades all rules but those that take any text as well; and who wins
 * such a path wins all others of the same number of segments, as all that the order of rules looks at is the same. So one
 * path per number of segments decides. With one number only, nobody can win all paths but an equal rule; and beyond the
 * longest template all numbers are alike.
 */
function findUnreachable(shaped: readonly ShapedRule[]): Unreachable[] {
  const router = createRouter<HttpRule>()
  for (const { rule } of shaped) router.add(rule, rule)
  const longest = Math.max(0, ...shaped.map(({ shape }) => shape.parts.length))
  const text = unusedText(shaped)
  return shaped.flatMap(({ rule, shape }) => {
    if (!shape.open) return []
    const winners = new Set<HttpRule>()
    for (let length = Math.max(shape.parts.length, shape.verb === null ? 0 : 1); length <= longest + 1; length++) {
      const winner = winnerOf(router, rule, samplePath(shape, length, text))
      if (winner === rule) return []
      winners.add(winner)
    }
    return [{ rule, winners: [...winners] }]
  })
}

/** A rule for any method is asked for one that no rule is for by name. */
function winnerOf(router: Router<HttpRule>, { httpMethod }: HttpRule, path: string): HttpRule {
  return router.match(httpMethod === '*' ? 'ANY' : httpMethod, path)!.route
}

function unusedText(shaped: readonly ShapedRule[]): string {
  const used = new Set(shaped.flatMap(({ shape }) => shape.parts))
  let text = 'x'
  while (used.has(text)) text += 'x'
  return text
}
