import type { ServerResponse } from 'node:http'
import { RequestError } from '../../errors.ts'

/**
 * Writes a part of an answer, and waits while the client does not read, so that what is held for it does not grow.
 *
 * @throws {RequestError} SLUICE_ERR_CANCELLED when the client has gone away.
 */
export async function writePart(response: ServerResponse, part: Uint8Array): Promise<void> {
  if (!response.destroyed && !response.write(part)) await drained(response)
  if (response.destroyed) throw new RequestError('SLUICE_ERR_CANCELLED')
}

async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve).once('close', resolve)
  await promise
  response.off('drain', resolve).off('close', resolve)
}
