/** Why a request was refused, as `reason` of the error body and of google.rpc.ErrorInfo. */
export type ViolationReason =
  /** The JSON text breaks the grammar of RFC 8259, or is not UTF-8. */
  | 'INVALID_JSON'
  /** An object of the JSON text has the same key twice. */
  | 'DUPLICATE_KEY'
  /** A field or query parameter that the request message does not have. */
  | 'UNKNOWN_FIELD'
  /** A value that its field cannot take. */
  | 'INVALID_VALUE'
  /** The same field given more than once, or two members of a oneof. */
  | 'REPEATED_FIELD'
  /** A value that breaks a rule of buf.validate in the proto. */
  | 'VALIDATION_FAILED'
  /** A value that differs from the one that the path, the token or a header gives. */
  | 'BOUND_FIELD'
  /** A query parameter where the rule takes the field from somewhere else, or a field that no query can express. */
  | 'INVALID_QUERY'
  /** A body where the rule has none. */
  | 'UNEXPECTED_BODY'
  /** A path that is no valid UTF-8 text when decoded, or that the template does not match. */
  | 'INVALID_PATH'

/** One thing that is wrong with a request. Maps to google.rpc.BadRequest.FieldViolation. */
export interface Violation {
  reason: ViolationReason
  /** Where, in the names that the caller used: `items[0].quantity`. Empty: the request as a whole. */
  field: string
  /** What is wrong, as a predicate of the field ("must be true or false") or as a sentence about the whole. */
  description: string
}

/** How many violations of a request are told; the rest is not looked for. */
const MAX_VIOLATIONS = 20

/**
 * What is wrong with a request, gathered while it is read, so that a caller hears everything at once.
 *
 * A reader reports relative to what it reads, and whoever called it puts its own name in front of what was added
 * meanwhile: as long as nothing is wrong, no path is ever built.
 */
export class Violations {
  readonly list: Violation[] = []

  /** True when there is no point in looking further. */
  get full(): boolean {
    return this.list.length >= MAX_VIOLATIONS
  }

  add(reason: ViolationReason, field: string, description: string): void {
    if (!this.full) this.list.push({ reason, field, description })
  }

  /** Reports what a reader was given as a value that it cannot take. Returns undefined, for the reader to return. */
  refuse(description: string): undefined {
    this.add('INVALID_VALUE', '', description)
  }

  /** Puts `parent` in front of the fields of all violations from the position `from` on. */
  prefix(from: number, parent: string): void {
    for (const violation of this.list.slice(from)) violation.field = joinPath(parent, violation.field)
  }
}

function joinPath(parent: string, child: string): string {
  if (parent === '' || child === '') return parent + child
  return child.startsWith('[') ? parent + child : `${parent}.${child}`
}
