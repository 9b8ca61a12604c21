import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Code } from '@connectrpc/connect'
import { failure } from '../shared/service-error.ts'

const derive = promisify(argon2)

// The minimum that OWASP's Password Storage Cheat Sheet names for argon2id.
const memoryKiB = 19_456
const passes = 2
const parallelism = 1
const tagBytes = 32
const saltBytes = 16
/** Each hash takes 19 MiB and a thread of libuv's pool of four. */
const maxAtOnce = 3
/** Some seconds of work: who would wait longer gives up before. */
const defaultMaxWaiting = 100

const phcFormat = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

interface PasswordHash {
  memory: number
  passes: number
  parallelism: number
  salt: Buffer
  tag: Buffer
}

export type Passwords = Awaited<ReturnType<typeof createPasswords>>

/**
 * Hashes and checks passwords: argon2id (RFC 9106) in PHC strings, off the event loop, three at once. Passwords are
 * normalised to NFKC first, so that one typed on another keyboard is the same.
 *
 * @param maxWaiting How many may wait for their turn; further ones are refused. Default 100.
 * @see https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
 */
export async function createPasswords(maxWaiting: number = defaultMaxWaiting) {
  const slots = createSlots(maxWaiting)

  async function hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes)
    const tag = await slots.run(() => deriveTag(password, { memory: memoryKiB, passes, parallelism, salt }, tagBytes))
    return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
  }

  // Checked when the account does not exist, so that the answer takes as long as when it does.
  const dummy = await hash(randomBytes(saltBytes).toString('hex'))

  return {
    /** @throws RESOURCE_EXHAUSTED RATE_LIMITED when too many wait. */
    hash,

    /** Whether the password is the one of `stored`; without `stored` never, after the same time. */
    async verify(password: string, stored: string | undefined): Promise<boolean> {
      const known = parse(stored ?? dummy)
      const tag = await slots.run(() => deriveTag(password, known, known.tag.length))
      return timingSafeEqual(tag, known.tag) && stored !== undefined
    },

    /** Whether a stored hash was made with weaker parameters than those of today. */
    isOutdated(stored: string): boolean {
      const known = parse(stored)
      return known.memory < memoryKiB || known.passes < passes
    }
  }
}

function deriveTag(password: string, parameters: Omit<PasswordHash, 'tag'>, tagLength: number): Promise<Buffer> {
  return derive('argon2id', {
    message: password.normalize('NFKC'),
    nonce: parameters.salt,
    memory: parameters.memory,
    passes: parameters.passes,
    parallelism: parameters.parallelism,
    tagLength
  })
}

function parse(phc: string): PasswordHash {
  const [, memory, time, lanes, salt = '', tag = ''] = phcFormat.exec(phc) ?? []
  if (memory === undefined) throw new TypeError('a stored password hash is no PHC string of argon2id')
  return {
    memory: Number(memory),
    passes: Number(time),
    parallelism: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64')
  }
}

/** PHC strings use base64 without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function createSlots(maxWaiting: number) {
  const waiting: (() => void)[] = []
  let busy = 0

  return {
    async run<Result>(work: () => Promise<Result>): Promise<Result> {
      if (busy >= maxAtOnce) {
        if (waiting.length >= maxWaiting) {
          throw failure(Code.ResourceExhausted, 'RATE_LIMITED', 'too many sign-ins at once', { retryAfterSeconds: 1 })
        }
        await new Promise<void>(resolve => waiting.push(resolve))
      } else {
        busy++
      }
      try {
        return await work()
      } finally {
        // A slot is handed over while it still counts as busy: nobody can slip in between.
        const next = waiting.shift()
        if (next === undefined) busy--
        else next()
      }
    }
  }
}
