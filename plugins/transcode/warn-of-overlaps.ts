import type { FastifyBaseLogger } from 'fastify'
import { analyseRules } from '../../lib/httprule/analysis.ts'
import type { HttpRule } from '../../lib/httprule/rules.ts'

/** Warns of rules that meet by accident, with a URL to try, and of those that no request reaches. */
export function warnOfOverlaps(log: Pick<FastifyBaseLogger, 'warn'>, rules: readonly HttpRule[]): void {
  const { overlaps, unreachable } = analyseRules(rules)
  for (const { winner, loser, httpMethod, witness, strict } of overlaps) {
    if (strict) continue
    const request = `${httpMethod} ${witness}`
    log.warn(
      `${request} matches two rules: ${nameOf(winner)} is served by the order of segments, ${nameOf(loser)} is not`
    )
  }
  for (const { rule, winners } of unreachable) {
    log.warn(`${nameOf(rule)} is never reached: all its paths are those of ${winners.map(nameOf).join(', ')}`)
  }
}

function nameOf({ method, template }: HttpRule): string {
  return `${template.text} (${method.parent.typeName}.${method.name})`
}
