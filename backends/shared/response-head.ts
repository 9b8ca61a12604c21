import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { type ContextValues, createContextKey, createContextValues, type HandlerContext } from '@connectrpc/connect'

type RequestListener = (request: Http2ServerRequest, response: Http2ServerResponse) => void

const responses = new WeakMap<object, Http2ServerResponse>()
const responseKey = createContextKey<Http2ServerResponse | null>(null, { description: 'response' })

/** Lets handlers reach the response to a request, together with `responseValues` as connect's option `contextValues`. */
export function rememberResponses(listener: RequestListener): RequestListener {
  return (request, response) => {
    responses.set(request, response)
    listener(request, response)
  }
}

export function responseValues(request: object): ContextValues {
  return createContextValues().set(responseKey, responses.get(request) ?? null)
}

/**
 * Tells the caller of a stream that it was accepted, when its first message may be long in coming: connect itself sends the
 * headers with the first message. What a handler adds to the headers later on is not sent; an error still is, in the
 * trailers.
 */
export function sendHeaders({ values, responseHeader }: HandlerContext): void {
  const response = values.get(responseKey)
  if (response === null || response.headersSent) return
  response.writeHead(200, Object.fromEntries(responseHeader))
  // What connect does with the first message.
  response.writeHead = () => response
}
