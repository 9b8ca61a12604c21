import { type DescMethod, getOption } from '@bufbuild/protobuf'
import { Code, type Interceptor } from '@connectrpc/connect'
import { Access, policy } from '../../gen/sluice/v1/policy_pb.ts'
import { type Caller, callerKey, type Tokens } from './identity.ts'
import { failure } from './service-error.ts'

const bearer = /^Bearer +([^ ]+) *$/i

/**
 * Enforces `access` and `roles` of the method's policy, once more behind the gateway, and leaves the caller for
 * `callerOf`. A public method needs no token and none is looked at. Service tokens pass wherever users do.
 *
 * @throws UNAUTHENTICATED TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED; PERMISSION_DENIED ROLE_REQUIRED
 */
export function createAccessInterceptor(tokens: Tokens): Interceptor {
  return next => async request => {
    const { access, roles } = getOption(request.method, policy)
    if (access !== Access.PUBLIC) {
      const caller = await tokens.verify(readToken(request.header))
      checkCaller(caller, access === Access.INTERNAL, roles, request.method)
      request.contextValues.set(callerKey, caller)
    }
    return next(request)
  }
}

function readToken(header: Headers): string {
  const authorization = header.get('authorization')
  if (authorization === null) throw failure(Code.Unauthenticated, 'TOKEN_MISSING', 'missing authorization header')
  const token = bearer.exec(authorization)?.[1]
  if (token === undefined) throw failure(Code.Unauthenticated, 'TOKEN_INVALID', 'invalid authorization header format')
  return token
}

function checkCaller(caller: Caller, internal: boolean, roles: string[], method: DescMethod): void {
  if (caller.kind === 'service') return
  if (!internal && (roles.length === 0 || roles.some(role => caller.roles.has(role)))) return
  const wanted = internal ? 'service' : roles.join(' or ')
  throw failure(Code.PermissionDenied, 'ROLE_REQUIRED', `${method.name} needs the role ${wanted}`)
}
