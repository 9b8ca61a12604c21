import { decodePercent, PercentError } from './percent.ts'

/** One part of a path between two slashes. */
export type Segment =
  /** Text as the template has it, possibly percent-encoded. */
  | { kind: 'literal'; value: string }
  /** `*`: exactly one segment, not empty. */
  | { kind: 'star' }
  /** `**`: any number of segments, also none. */
  | { kind: 'doubleStar' }

/** A part of the path that becomes the value of a request field. */
export interface Variable {
  /** The field, dotted through messages: `book.id`. */
  fieldPath: string
  /** The first segment that it covers. */
  start: number
  /** One past the last segment that it covers. */
  end: number
  /** Whether it may cover more than one segment; then `%2F` in its value stays as written. */
  multi: boolean
  /** Where its field path stands in the text of the template, from 1. */
  column: number
}

export interface Template {
  /** As it was written. */
  text: string
  segments: Segment[]
  variables: Variable[]
  /** The text behind the last colon, or null. */
  verb: string | null
}

/** A template that breaks the grammar. */
export class TemplateError extends Error {
  /** Where in the template, from 1. */
  readonly column: number

  constructor(description: string, column: number) {
    super(`${description} at column ${column}`)
    this.name = 'TemplateError'
    this.column = column
  }
}

/**
 * Parses the path template of an HTTP rule, by the grammar of google/api/http.proto:
 *
 *     Template  = "/" Segments [ Verb ] ;
 *     Segments  = Segment { "/" Segment } ;
 *     Segment   = "*" | "**" | LITERAL | Variable ;
 *     Variable  = "{" FieldPath [ "=" Segments ] "}" ;
 *     FieldPath = IDENT { "." IDENT } ;
 *     Verb      = ":" LITERAL ;
 *
 * A LITERAL is made of the characters of a path segment (RFC 3986, section 3.3) without `:` and `*`, which have to be
 * percent-encoded there. `**` is the last segment, and a variable holds no variable.
 *
 * @throws TemplateError
 */
export function parseTemplate(text: string): Template {
  return new Parser(text).parse()
}

/** unreserved, sub-delims without `*`, `@`, and percent-encoded octets. */
const LITERAL = /(?:[A-Za-z0-9\-._~!$&'()+,;=@]|%[0-9A-Fa-f]{2})+/y
const IDENT = /[A-Za-z_][A-Za-z0-9_]*/y

class Parser {
  readonly #text: string
  readonly #segments: Segment[] = []
  readonly #variables: Variable[] = []
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Template {
    this.#expect('/')
    this.#parseSegments(false)
    const verb = this.#take(':') ? this.#parseLiteral('a verb') : null
    if (this.#position < this.#text.length) throw this.#unexpected(verb === null ? "'/'" : 'the end')
    return { text: this.#text, segments: this.#segments, variables: this.#variables, verb }
  }

  #parseSegments(inVariable: boolean): void {
    do {
      this.#parseSegment(inVariable)
    } while (this.#take('/'))
  }

  #parseSegment(inVariable: boolean): void {
    if (this.#segments.at(-1)?.kind === 'doubleStar')
      throw this.#error("'**' must be the last segment, but another begins")
    if (this.#take('**')) this.#segments.push({ kind: 'doubleStar' })
    else if (this.#take('*')) this.#segments.push({ kind: 'star' })
    else if (this.#text[this.#position] === '{') this.#parseVariable(inVariable)
    else this.#segments.push({ kind: 'literal', value: this.#parseLiteralSegment() })
  }

  #parseLiteralSegment(): string {
    const column = this.#position + 1
    const literal = this.#parseLiteral('a segment')
    if (isDots(literal)) throw new TemplateError(`'${literal}' is taken out of a URL before it is sent,`, column)
    return literal
  }

  #parseVariable(inVariable: boolean): void {
    if (inVariable) throw this.#error('a variable cannot hold another one')
    this.#expect('{')
    const column = this.#position + 1
    const fieldPath = this.#parseFieldPath()
    const start = this.#segments.length
    if (this.#take('=')) this.#parseSegments(true)
    else this.#segments.push({ kind: 'star' })
    this.#expect('}')
    const end = this.#segments.length
    if (this.#variables.some(variable => variable.fieldPath === fieldPath)) {
      throw new TemplateError(`"${fieldPath}" is bound twice, again`, column)
    }
    const multi = end - start > 1 || this.#segments.at(-1)?.kind === 'doubleStar'
    this.#variables.push({ fieldPath, start, end, multi, column })
  }

  #parseFieldPath(): string {
    const start = this.#position
    do {
      if (this.#match(IDENT) === '') throw this.#unexpected('a field name')
    } while (this.#take('.'))
    return this.#text.slice(start, this.#position)
  }

  #parseLiteral(what: string): string {
    const start = this.#position
    const literal = this.#match(LITERAL)
    if (literal === '') throw this.#unexpected(what)
    const problem = encodingProblem(literal)
    if (problem !== null) throw new TemplateError(`'${literal}' ${problem},`, start + 1)
    return literal
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#position += found.length
    return found
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#position)) return false
    this.#position += token.length
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#unexpected(`'${token}'`)
  }

  #unexpected(wanted: string): TemplateError {
    // Percent signs and colons are the characters whose rules surprise, so these say why.
    const next = this.#text[this.#position]
    if (next === '%') return this.#error("'%' must be followed by two hexadecimal digits, it is not")
    if (next === ':')
      return this.#error("':' stands before a verb, at the very end, and is written %3A elsewhere: found one")
    return this.#error(`expected ${wanted}`)
  }

  #error(description: string): TemplateError {
    return new TemplateError(description, this.#position + 1)
  }
}

function encodingProblem(literal: string): string | null {
  try {
    decodePercent(literal)
    return null
  } catch (error) {
    if (!(error instanceof PercentError)) throw error
    return error.message
  }
}

/** `.` and `..`: clients take them out by RFC 3986, section 5.2.4, and encoded ones by the URL standard. */
function isDots(literal: string): boolean {
  return /^\.{1,2}$/.test(decodeURIComponent(literal))
}
