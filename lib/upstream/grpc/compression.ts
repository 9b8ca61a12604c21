import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import { frameOf } from './framing.ts'
import { tooLarge } from './message-size.ts'

const compress = promisify<Uint8Array, Buffer>(gzip)

/** How messages of requests are sent. */
export type SendCompression = 'identity' | 'gzip'

/** A message in gzip, with its prefix. */
export async function gzipFrameOf(message: Uint8Array): Promise<Buffer> {
  return frameOf(await compress(message), true)
}

/**
 * The message of a compressed frame.
 *
 * @param encoding the `grpc-encoding` of the answer; null: it has none.
 * @throws {ConnectError} INTERNAL for an encoding that was not offered and for bytes that are not in it (compression.md of
 * gRPC); RESOURCE_EXHAUSTED for a message above `maxBytes`, of which no more is unpacked.
 */
export async function decompress(data: Uint8Array, encoding: string | null, maxBytes: number): Promise<Uint8Array> {
  if (encoding?.toLowerCase() !== 'gzip') {
    throw new ConnectError(`a message is compressed with "${encoding ?? ''}"`, Code.Internal)
  }
  return new Promise((resolve, reject) => {
    gunzip(data, { maxOutputLength: maxBytes }, (error, message) => {
      if (error === null) resolve(message)
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge('a message', maxBytes))
      else reject(new ConnectError('a message is no gzip', Code.Internal, undefined, undefined, error))
    })
  })
}
