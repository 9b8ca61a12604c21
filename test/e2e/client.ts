import assert from 'node:assert/strict'

/** A parsed answer of the gateway. */
export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger's client sees is untyped JSON, and the checks say what it must be
  body: any
}

/** Calls the gateway as any HTTP client would. */
export type CallGateway = (method: string, path: string, options?: CallOptions) => Promise<Answer>

/** What to send besides method and path. */
export interface CallOptions {
  body?: unknown
  token?: string
  headers?: Record<string, string>
}

/** A client of the gateway at `baseUrl`. Every answer must be JSON in UTF-8. */
export function createClient(baseUrl: string): CallGateway {
  return async (method, path, { body, token, headers } = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    assert.match(
      response.headers.get('content-type') ?? '',
      /^application\/(problem\+)?json/,
      `${method} ${path}: ${text}`
    )
    return { status: response.status, headers: response.headers, body: JSON.parse(text) }
  }
}
