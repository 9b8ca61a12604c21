import { Code, type ConnectError, type HandlerContext } from '@connectrpc/connect'
import type { Kysely } from 'kysely'
import { validate } from 'uuid'
import type { BackendDependencies } from '../shared/backend.ts'
import { callerOf } from '../shared/identity.ts'
import { failure } from '../shared/service-error.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { UserMetrics } from './metrics.ts'
import type { Passwords } from './passwords.ts'
import type { UserSchema } from './schema.ts'

/** What the rpcs of the user service work with. */
export interface UserContext extends BackendDependencies {
  database: Kysely<UserSchema>
  passwords: Passwords
  throttle: LoginThrottle
  metrics: UserMetrics
}

/** @returns NOT_FOUND USER_NOT_FOUND */
export function userNotFound(): ConnectError {
  return failure(Code.NotFound, 'USER_NOT_FOUND', 'user not found')
}

/** @returns UNAUTHENTICATED INVALID_CREDENTIALS: the same for an unknown email, a wrong password and a suspended user. */
export function invalidCredentials(): ConnectError {
  return failure(Code.Unauthenticated, 'INVALID_CREDENTIALS', 'invalid email or password')
}

/**
 * The id of the user who calls.
 *
 * @throws NOT_FOUND USER_NOT_FOUND when the caller is no user, such as a service
 */
export function ownId(context: HandlerContext): string {
  const { subject } = callerOf(context)
  if (!validate(subject)) throw userNotFound()
  return subject
}
