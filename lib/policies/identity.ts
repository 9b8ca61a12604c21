import { type DescMethod, getOption } from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import { Access, policy } from '../../gen/sluice/v1/policy_pb.ts'
import { callerKey } from '../upstream/caller.ts'

/**
 * Tells the upstream who calls: the caller's own verified token and the request id. Methods that only services may call
 * get the gateway's own token instead, and public methods none.
 *
 * @param serviceToken signs, or finds, the token of the gateway.
 */
export function identifyCaller(serviceToken: () => string): Interceptor {
  const accessOf = createAccessLookup()
  return next => request => {
    const caller = request.contextValues.get(callerKey)
    const access = accessOf(request.method)
    const authorization = access === Access.INTERNAL ? `Bearer ${serviceToken()}` : (caller?.authorization ?? null)
    if (authorization !== null && access !== Access.PUBLIC) request.header.set('authorization', authorization)
    if (caller !== null) request.header.set('x-request-id', caller.requestId)
    return next(request)
  }
}

function createAccessLookup() {
  const known = new Map<DescMethod, Access>()
  return (method: DescMethod): Access => {
    const access = known.get(method) ?? getOption(method, policy).access
    known.set(method, access)
    return access
  }
}
