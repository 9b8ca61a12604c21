import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { RequestError } from '../../errors.ts'

/** How long a silent connection is left alone before the system asks whether the other end still lives. */
const keepAliveProbeMs = 60_000

/** Connections whose request may take as long as it takes. */
const uploading = new WeakSet<Socket>()

/**
 * Lets an answer be silent for longer than a connection otherwise may. A client that does not read what is there for it is
 * still cut off.
 */
export function allowSilence(response: ServerResponse): void {
  response.socket?.setKeepAlive(true, keepAliveProbeMs)
  // With a listener, the timeout of the connection no longer ends it by itself.
  response.on('timeout', () => {
    if (response.writableLength > 0) response.destroy()
  })
}

/**
 * Lets a request take longer than a whole request otherwise may, as long as it goes on: it may be read as slowly as its
 * reader likes, but a client that sends nothing for the time that a connection may be silent is too late.
 *
 * @param onLate is told SLUICE_ERR_REQUEST_TIMEOUT.
 * @returns ends it.
 */
export function allowLongUpload(request: IncomingMessage, onLate: (error: RequestError) => void): () => void {
  const { socket } = request
  uploading.add(socket)
  const onTimeout = () => {
    // What has arrived and is not read yet waits for us, and not we for the client.
    if (request.readableLength === 0) onLate(new RequestError('SLUICE_ERR_REQUEST_TIMEOUT'))
  }
  request.on('timeout', onTimeout)
  return () => {
    request.off('timeout', onTimeout)
    uploading.delete(socket)
  }
}

/** Whether the server's limit for a whole request is not meant for what this connection is busy with. */
export function isLongUpload(socket: Socket): boolean {
  return uploading.has(socket)
}

/**
 * Reads what is left of a request to nowhere once it is answered: a connection that is closed while the client still sends
 * is reset, and the client may never see the answer (RFC 9112, section 9.6).
 *
 * @param lingerMs after how long it is closed all the same.
 */
export function lingerAfter(request: IncomingMessage, response: ServerResponse, lingerMs = 2_000): void {
  response.once('finish', () => {
    if (request.complete || request.destroyed) return
    const late = setTimeout(() => request.socket.destroy(), lingerMs)
    late.unref()
    request.once('close', () => clearTimeout(late))
    // A reader that is about to leave would stop a stream that was only resumed.
    request.on('data', () => {}).resume()
  })
}
