import type tap from 'tap'
import { build, type Test, userId } from '../../helper.ts'
import { exchange, type RawAnswer, requestBytes } from '../../raw-client.ts'

/** Seconds since the epoch. */
export const now = Math.floor(Date.now() / 1000)

/** What a good token says. */
export const claims = {
  iss: 'shop-user-service',
  aud: 'shop',
  sub: userId,
  user_id: userId,
  iat: now,
  exp: now + 600
}

/** A gateway that is asked with tokens. */
export interface Asked {
  /** Its answer to a token, byte by byte as it is. */
  ask(token: string): Promise<RawAnswer>
  /** How many requests have reached a service. */
  served(): number
}

export async function startAsked(test: Test, env: NodeJS.ProcessEnv = {}): Promise<Asked> {
  // There are more failures here than one address may have.
  const many = { RATE_LIMIT_BURST: '10000', RATE_LIMIT_FAILURES_BURST: '10000' }
  const { url, upstream } = await build(test, { ...many, ...env })
  return {
    async ask(token) {
      const lines = ['GET /api/v1/users/me HTTP/1.1', `Authorization: Bearer ${token}`, 'Connection: close']
      const [answer] = await exchange(url, requestBytes(lines))
      return answer!
    },
    served: () => upstream.calls.length
  }
}

/** Checks that a token is refused, in the one shape and without a reason that helps, before any service is asked. */
export async function refuses(
  t: Pick<typeof tap, 'equal' | 'match'>,
  { ask, served }: Asked,
  what: string,
  token: string
): Promise<void> {
  const before = served()
  const { status, headers, body } = await ask(token)
  t.equal(status, 401, what)
  t.match(body, { code: 'UNAUTHENTICATED', reason: /^TOKEN_(?:INVALID|EXPIRED)$/ }, what)
  t.match(headers['www-authenticate'], /^Bearer/, what)
  t.equal(served(), before, what)
}
