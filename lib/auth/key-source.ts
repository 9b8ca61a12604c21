import { type KeySet, KeySetError, readKeySet, type VerificationKey } from './key-set.ts'

/** While there are no keys nobody can sign in: then they are asked for this often, in milliseconds. */
const firstCooldownMs = 1_000

export interface KeySourceOptions {
  /** Where the issuer publishes its keys: `https:`, or `http:` on this machine. */
  url: string
  /** How long an answer may take as a whole, in milliseconds. Default 5,000. */
  timeoutMs?: number
  /** The largest answer, in bytes. Default 262,144. */
  maxBytes?: number
  /** How long keys are used before they are asked for again, in milliseconds. Default 600,000. */
  maxAgeMs?: number
  /** How far questions are apart at least, in milliseconds: also those for keys that nobody has heard of. Default 30,000. */
  cooldownMs?: number
  /** There are new keys. */
  onKeys?(keys: KeySet): void
  /** They could not be had; those that there were are used on. */
  onFailure?(error: unknown): void
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/** The issuer has never said its keys. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
}

/**
 * The keys of an issuer, which it publishes as a JWK set. They are asked for when the first token comes, again when they
 * are old, while those that there are go on being used, and when a token names a key that is not among them: at most once
 * per cool-down, however many such tokens come. When the issuer is down, its last good keys stay.
 */
export class KeySource {
  readonly #options: KeySourceOptions
  readonly #maxAgeMs: number
  readonly #cooldownMs: number
  readonly #now: () => number
  readonly #closed = new AbortController()
  #keys: KeySet | null = null
  #askedAt = Number.NEGATIVE_INFINITY
  #gotAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | null = null

  constructor(options: KeySourceOptions) {
    this.#options = options
    this.#maxAgeMs = options.maxAgeMs ?? 600_000
    this.#cooldownMs = options.cooldownMs ?? 30_000
    this.#now = options.now ?? (() => performance.now())
  }

  /** The keys as they are now; null: there are none yet. */
  get keys(): KeySet | null {
    return this.#keys
  }

  /**
   * The key that a token names; null when the issuer has none of this name.
   *
   * @param kid null: the token names none, which is enough when there is one key only.
   * @throws {KeysUnavailableError}
   */
  find(kid: string | null): VerificationKey | null | Promise<VerificationKey | null> {
    if (this.#keys === null) return this.#ask().then(() => this.#look(kid))
    if (this.#now() - this.#gotAt >= this.#maxAgeMs) void this.#ask()
    const found = this.#look(kid)
    if (found !== null || !this.#mayAsk()) return found
    return this.#ask().then(() => this.#look(kid))
  }

  /** Asks for the keys, if they may be asked for now. Never rejects. */
  refresh(): Promise<void> {
    return this.#ask()
  }

  /** Ends what is under way. */
  close(): void {
    this.#closed.abort()
  }

  #look(kid: string | null): VerificationKey | null {
    if (this.#keys === null) throw new KeysUnavailableError('the issuer has not said its keys')
    return kid === null ? this.#keys.only : (this.#keys.byId.get(kid) ?? null)
  }

  #mayAsk(): boolean {
    const cooldownMs = this.#keys === null ? Math.min(firstCooldownMs, this.#cooldownMs) : this.#cooldownMs
    return this.#asking !== null || this.#now() - this.#askedAt >= cooldownMs
  }

  /** Never rejects. */
  #ask(): Promise<void> {
    if (this.#asking !== null) return this.#asking
    if (!this.#mayAsk()) return Promise.resolve()
    this.#askedAt = this.#now()
    this.#asking = this.#fetch().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #fetch(): Promise<void> {
    const { url, timeoutMs = 5_000, maxBytes = 256 * 1024, onKeys, onFailure } = this.#options
    try {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(timeoutMs)])
      // A redirect could lead anywhere, also to where only this machine may ask.
      const response = await fetch(url, { redirect: 'error', headers: { accept: 'application/json' }, signal })
      const keys = readKeySet(await readText(response, maxBytes))
      // An issuer without a key has made a mistake; to believe it would lock everybody out.
      if (keys.byId.size === 0 && keys.only === null) throw new KeySetError('the key set has no key that can be used')
      this.#keys = keys
      this.#gotAt = this.#now()
      onKeys?.(keys)
    } catch (error) {
      if (!this.#closed.signal.aborted) onFailure?.(error)
    }
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new KeySetError(`the issuer answered ${response.status}`)
  }
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new KeySetError(`the key set is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
