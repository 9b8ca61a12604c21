import type { TraceState } from '@opentelemetry/api'

const maxMembers = 32
/** How much of a list is passed on: the least that the recommendation asks for. */
const maxLength = 512
/** What is longer goes first when a list has to become shorter. */
const longMember = 128

/** `key`: lower-case letters and digits, and from the second on `_-*` `/@` too. Level 2 has no form of its own for tenants. */
const validKey = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/
/** `value`: printable ASCII but for the comma and the equals sign, with no space at its end. */
const validValue = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const blankAround = /^[ \t]+|[ \t]+$/g

type Member = readonly [key: string, value: string]

/**
 * What vendors say of a trace, the latest first. It is all or nothing: a list with one member that breaks the grammar, or
 * with more than 32, is worth nothing.
 *
 *     list   = member 0*31( OWS "," OWS member )
 *     member = key "=" value / OWS
 *
 * @see https://www.w3.org/TR/trace-context-2/#tracestate-header
 */
export class VendorState implements TraceState {
  readonly #members: readonly Member[]

  private constructor(members: readonly Member[]) {
    this.#members = members
  }

  /** Reads the header; several headers are one, joined by commas. Null: there is nothing to pass on. */
  static parse(header: string): VendorState | null {
    const members = new Map<string, string>()
    for (const text of header.split(',')) {
      const member = text.replace(blankAround, '')
      if (member === '') continue
      const equals = member.indexOf('=')
      const key = member.slice(0, Math.max(0, equals))
      const value = member.slice(equals + 1)
      if (!isValid(key, value)) return null
      // Of those with the same key, the first is the latest.
      if (!members.has(key)) members.set(key, value)
      if (members.size > maxMembers) return null
    }
    return members.size === 0 ? null : new VendorState(shorten([...members]))
  }

  get(key: string): string | undefined {
    return this.#members.find(([name]) => name === key)?.[1]
  }

  /** With this member first. A member that breaks the grammar changes nothing. */
  set(key: string, value: string): VendorState {
    if (!isValid(key, value)) return this
    const others = this.#members.filter(([name]) => name !== key)
    return new VendorState(shorten([[key, value], ...others.slice(0, maxMembers - 1)]))
  }

  unset(key: string): VendorState {
    return new VendorState(this.#members.filter(([name]) => name !== key))
  }

  serialize(): string {
    return this.#members.map(([key, value]) => `${key}=${value}`).join(',')
  }
}

function isValid(key: string, value: string): boolean {
  return validKey.test(key) && validValue.test(value)
}

/** Leaves whole members out until the rest is short enough: long ones first, then those at the end (section 3.3.1.5). */
function shorten(members: Member[]): Member[] {
  let length = members.reduce((sum, member) => sum + lengthOf(member), -1)
  for (const isDue of [(member: Member) => lengthOf(member) > longMember + 1, () => true]) {
    for (let at = members.length - 1; at >= 0 && length > maxLength; at--) {
      if (!isDue(members[at]!)) continue
      length -= lengthOf(members[at]!)
      members.splice(at, 1)
    }
  }
  return members
}

/** With the equals sign, and the comma that sets it apart. */
function lengthOf([key, value]: Member): number {
  return key.length + value.length + 2
}
