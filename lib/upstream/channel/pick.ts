/** What is known about an endpoint when one is picked for a call. */
export interface Candidate {
  /** Whether it can take a call now. */
  readonly hasRoom: boolean
  /** Calls that are under way. */
  readonly inFlight: number
}

/** How calls are spread. `least_request`: the one of two, chosen at random, that has fewer calls under way. */
export type Balancing = 'round_robin' | 'least_request'

/** Picks an endpoint for one call. */
export interface Picker {
  /**
   * @param candidates those that may be picked. The array is replaced when they change.
   * @param avoid those that are picked only when no other has room.
   * @returns null: none has room.
   */
  pick<Endpoint extends Candidate>(candidates: readonly Endpoint[], avoid: ReadonlySet<unknown> | null): Endpoint | null
}

/** @param random from 0 to below 1. */
export function createPicker(balancing: Balancing, random: () => number = Math.random): Picker {
  return balancing === 'round_robin' ? new RoundRobin(random) : new LeastRequest(random)
}

/** One after the other. Begins anywhere, so that not all gateways begin with the same one. */
class RoundRobin implements Picker {
  #next: number

  constructor(random: () => number) {
    this.#next = Math.floor(random() * 2 ** 16)
  }

  pick<Endpoint extends Candidate>(candidates: readonly Endpoint[], avoid: ReadonlySet<unknown> | null) {
    const start = this.#next % Math.max(1, candidates.length)
    this.#next = start + 1
    return firstWithRoom(candidates, start, avoid)
  }
}

/** @see https://www.eecs.harvard.edu/~michaelm/postscripts/mythesis.pdf ("the power of two choices") */
class LeastRequest implements Picker {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  pick<Endpoint extends Candidate>(candidates: readonly Endpoint[], avoid: ReadonlySet<unknown> | null) {
    const { length } = candidates
    const first = Math.floor(this.#random() * length)
    if (length < 2) return firstWithRoom(candidates, first, avoid)
    // Of the others, each as likely.
    const second = (first + 1 + Math.floor(this.#random() * (length - 1))) % length
    const [one, other] = [candidates[first]!, candidates[second]!]
    const [fewer, more] = other.inFlight < one.inFlight ? [other, one] : [one, other]
    if (isGood(fewer, avoid)) return fewer
    if (isGood(more, avoid)) return more
    return firstWithRoom(candidates, first, avoid)
  }
}

function isGood(candidate: Candidate, avoid: ReadonlySet<unknown> | null): boolean {
  return candidate.hasRoom && !(avoid?.has(candidate) ?? false)
}

/** The first from `start` on that has room and is not to be avoided; else the first that has room. */
function firstWithRoom<Endpoint extends Candidate>(
  candidates: readonly Endpoint[],
  start: number,
  avoid: ReadonlySet<unknown> | null
): Endpoint | null {
  const { length } = candidates
  let avoided: Endpoint | null = null
  for (let step = 0; step < length; step++) {
    const candidate = candidates[(start + step) % length]!
    if (isGood(candidate, avoid)) return candidate
    if (avoided === null && candidate.hasRoom) avoided = candidate
  }
  return avoided
}
