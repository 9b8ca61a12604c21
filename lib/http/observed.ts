import type { ServerResponse } from 'node:http'

/** The part of a request that names its route. */
interface Routed {
  readonly routeOptions: { readonly url?: string | undefined; readonly config?: { template?: string } | undefined }
}

/** The route as people know it, such as `/api/v1/orders/{order_id}`; null when no route has the path. Never the raw path. */
export function routeOf({ routeOptions }: Routed): string | null {
  return routeOptions.config?.template ?? routeOptions.url ?? null
}

/** The status that the client got: 499 when it went away before it got one. */
export function statusOf(reply: { readonly statusCode: number; readonly raw: ServerResponse }): number {
  return reply.raw.headersSent ? reply.statusCode : 499
}
