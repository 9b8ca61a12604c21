import { Code, ConnectError } from '@connectrpc/connect'
import { RequestError } from '../../../errors.ts'

/** @throws {ConnectError} RESOURCE_EXHAUSTED; that the client sent too much is told as its cause. */
export function checkSize(message: Uint8Array, maxBytes: number): void {
  if (message.length <= maxBytes) return
  const cause = new RequestError('SLUICE_ERR_BODY_TOO_LARGE')
  throw tooLarge(`a message of ${message.length} bytes`, maxBytes, cause)
}

/** What ends a call whose headers the upstream does not take: what is large in them is the client's. */
export function headersTooLarge(): ConnectError {
  const cause = new RequestError('SLUICE_ERR_HEADERS_TOO_LARGE')
  return new ConnectError(
    'the headers are larger than the upstream takes',
    Code.ResourceExhausted,
    undefined,
    undefined,
    cause
  )
}

export function tooLarge(what: string, maxBytes: number, cause?: RequestError): ConnectError {
  const text = `${what} is larger than ${maxBytes} bytes`
  return new ConnectError(text, Code.ResourceExhausted, undefined, undefined, cause)
}
