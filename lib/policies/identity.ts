import { type DescMethod, getOption } from '@bufbuild/protobuf'
import { Access, policy } from '../../gen/sluice/v1/policy_pb.ts'
import type { Policy } from '../upstream/grpc/call.ts'

/**
 * Tells the upstream who calls: the caller's own verified token and the request id. Methods that only services may call
 * get the gateway's own token instead, and public methods none.
 *
 * @param serviceToken signs, or finds, the token of the gateway.
 */
export function withIdentity(serviceToken: () => string): Policy {
  const accessOf = createAccessLookup()
  return next => call => {
    const { caller, metadata } = call
    const access = accessOf(call.rpc.method)
    const authorization = access === Access.INTERNAL ? `Bearer ${serviceToken()}` : (caller?.authorization ?? null)
    if (authorization !== null && access !== Access.PUBLIC) metadata.set('authorization', authorization)
    if (caller !== null) metadata.set('x-request-id', caller.requestId)
    return next(call)
  }
}

function createAccessLookup() {
  const known = new Map<DescMethod, Access>()
  return (method: DescMethod): Access => {
    let access = known.get(method)
    if (access === undefined) {
      access = getOption(method, policy).access
      known.set(method, access)
    }
    return access
  }
}
