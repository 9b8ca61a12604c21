import type { Readable } from 'node:stream'
import { RequestError } from '../../errors.ts'

/**
 * The body of a request, as it comes. Whoever stops reading leaves the connection whole, so that an answer can be sent.
 *
 * @throws {RequestError} SLUICE_ERR_CANCELLED when the client goes away before the end.
 */
export async function* requestChunks(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw new RequestError('SLUICE_ERR_CANCELLED', { cause })
  }
}
