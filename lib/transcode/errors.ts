import type { Violation, ViolationReason } from '../codec/violations.ts'

/**
 * A request that cannot become a message. Always INVALID_ARGUMENT, HTTP 400. The message is a sentence for the caller
 * about the first violation: `unknown field "quantitty", did you mean "quantity"?`.
 */
export class BindError extends Error {
  /** The reason of the first violation. */
  readonly reason: ViolationReason
  /** All that is wrong, in the order of the request; at least one. */
  readonly violations: readonly Violation[]

  constructor(first: Violation, ...others: Violation[]) {
    super(describe(first, others.length))
    this.name = 'BindError'
    this.reason = first.reason
    this.violations = [first, ...others]
  }
}

/** An answer of an upstream that has no JSON form, such as a timestamp in the year 10000. The upstream is at fault. */
export class PrintError extends Error {
  /** @param description what cannot be printed, with the full name of its type. */
  constructor(description: string, options?: ErrorOptions) {
    super(description, options)
    this.name = 'PrintError'
  }
}

function describe(violation: Violation, others: number): string {
  const { reason, field, description } = violation
  let sentence = `"${field}" ${description}`
  // The description of an unknown field names it already, beside the name that was probably meant.
  if (reason === 'UNKNOWN_FIELD') sentence = description
  // As the services put it, which check the same rules. A message of a rule may be any text, also a whole sentence.
  else if (reason === 'VALIDATION_FAILED') sentence = field === '' ? description : `${field}: ${description}`
  else if (field === '') sentence = reason === 'INVALID_VALUE' ? `the body ${description}` : description
  return others === 0 ? sentence : `${sentence} (and ${others} more)`
}
