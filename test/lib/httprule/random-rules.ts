import fc from 'fast-check'
import type { HttpRule } from '../../../lib/httprule/rules.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'

// Few different texts, so that random templates and random paths often meet; some of them are hard to tell apart.
const literals = ['a', 'b', 'a%3Ago', '%C3%A9', 'b%2Fa', 'a+b']
const verbs = ['go', 'a', 'x%3Ay']
const rawSegments = [
  'a',
  'b',
  'zz',
  'a%3Ago',
  'a:go',
  ':go',
  'b:a',
  '%61',
  'é',
  '%C3%A9',
  'b%2fa',
  'a%2Bb',
  '%zz',
  '..',
  ''
]

/** A part of a template: its pattern, behind `{` when it is a variable's. */
const plainPart = fc.constantFrom(...literals, '*')
const part = fc.oneof(
  { weight: 3, arbitrary: plainPart.map(pattern => [pattern]) },
  { weight: 2, arbitrary: fc.constant(['{', '*']) },
  {
    weight: 1,
    arbitrary: fc.array(plainPart, { minLength: 1, maxLength: 2 }).map(patterns => ['{', patterns.join('/')])
  }
)
const lastPart = fc.constantFrom(['**'], ['{', '**'], ['{', 'a/**'], ['{', '*/**'])

/** The text of a template, with variables `v0`, `v1` ... of any kind. */
export const templateText: fc.Arbitrary<string> = fc
  .record({
    parts: fc.array(part, { maxLength: 3 }),
    last: fc.option(lastPart, { freq: 3 }),
    verb: fc.option(fc.constantFrom(...verbs), { freq: 3 })
  })
  .filter(({ parts, last }) => parts.length > 0 || last !== null)
  .map(({ parts, last, verb }) => {
    const all = last === null ? parts : [...parts, last]
    const texts = all.map((part, index) => (part.length === 1 ? part[0] : `{v${index}=${part[1]}}`))
    return `/${texts.join('/')}${verb === null ? '' : `:${verb}`}`
  })

/** Raw paths, also such as no client sends. */
export const rawPath: fc.Arbitrary<string> = fc
  .record({
    segments: fc.array(fc.constantFrom(...rawSegments), { maxLength: 5 }),
    verb: fc.option(fc.constantFrom(...verbs, '%67o', 'other'), { freq: 2 })
  })
  .map(({ segments, verb }) => `/${segments.join('/')}${verb === null ? '' : `:${verb}`}`)

/** A raw path that a template matches, but for values that are malformed. */
export function pathOf(text: string): fc.Arbitrary<string> {
  const { segments, verb } = parseTemplate(text)
  const rawSegment = fc.constantFrom(...rawSegments.filter(raw => raw !== ''))
  const parts = segments.map((segment): fc.Arbitrary<string[]> => {
    if (segment.kind === 'literal') return fc.constantFrom([segment.value], [escapeAll(segment.value)])
    return segment.kind === 'star' ? rawSegment.map(raw => [raw]) : fc.array(rawSegment, { maxLength: 3 })
  })
  return fc.tuple(...parts).map(raw => `/${raw.flat().join('/')}${verb === null ? '' : `:${verb}`}`)
}

/** Every octet of a literal percent-encoded. */
function escapeAll(literal: string): string {
  const octets = Buffer.from(decodeURIComponent(literal))
  return [...octets].map(octet => `%${octet.toString(16).padStart(2, '0')}`).join('')
}

/** Rules without bodies; some may be equal. */
export const someRules: fc.Arbitrary<HttpRule[]> = fc.array(
  fc.record({ httpMethod: fc.constantFrom('GET', 'GET', 'POST', 'HEAD', '*'), text: templateText }).map(ruleOf),
  { minLength: 2, maxLength: 12 }
)

/** A rule of any method of rpc. */
export function ruleOf({ httpMethod, text }: { httpMethod: string; text: string }): HttpRule {
  return {
    method: LibraryService.method.getBook,
    httpMethod,
    template: parseTemplate(text),
    body: '',
    responseBody: ''
  }
}

/** Rules, each written as `GET /v1/books`. */
export function rulesOf(...rules: string[]): HttpRule[] {
  return rules.map(rule => {
    const [httpMethod = '', text = ''] = rule.split(' ')
    return ruleOf({ httpMethod, text })
  })
}

/** A rule as `rulesOf` takes it. */
export function nameOf({ httpMethod, template }: HttpRule): string {
  return `${httpMethod} ${template.text}`
}
