import { Transform } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { RequestError } from '../../errors.ts'

/** Makes the routes of a scope take bodies of any type as they come, up to the limit of the gateway. */
export function streamBodies(scope: FastifyInstance): void {
  const limit = scope.initialConfig.bodyLimit!
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', function streamBody({ headers }, payload, done) {
    if (Number(headers['content-length'] ?? 0) > limit) {
      done(tooLarge())
      return
    }
    const body = limited(limit)
    // Who goes away in the middle has not sent a whole request.
    payload.once('error', cause => body.destroy(new RequestError('SLUICE_ERR_CANCELLED', { cause })))
    // What nobody reads any more is taken off the connection, so that the next request on it can be read.
    body.once('close', () => payload.resume())
    payload.pipe(body)
    done(null, body)
  })
}

function limited(limit: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(tooLarge())
      else done(null, chunk)
    }
  })
}

/** The rest of the body is not read: no other request can come behind it. */
function tooLarge(): RequestError {
  return new RequestError('SLUICE_ERR_BODY_TOO_LARGE', { headers: { connection: 'close' } })
}
