import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Code, type ConnectError } from '@connectrpc/connect'
import { failure } from './service-error.ts'

const defaultPageSize = 20
const maxPageSize = 100
/** Rows that may be skipped by number; further on, only tokens lead. */
const maxOffset = 10_000
const macBytes = 16

/** The paging fields that every list request has. */
export interface PageRequest {
  page?: number | undefined
  pageSize?: number | undefined
  pageToken?: string | undefined
}

/** Where to read: by `cursor` when there is one, else by `offset`. */
export interface Page {
  /** From 1; 0 when asked by token. */
  page: number
  pageSize: number
  /** Rows to skip; 0 when asked by token. */
  offset: number
  /** The sort key of the last row that the caller has seen. */
  cursor: string[] | null
}

export type Pager = ReturnType<typeof createPager>

/**
 * Reads and writes pages. A token is an opaque keyset cursor bound to the filters it was made with; it is authenticated, so
 * nobody can forge one that reads elsewhere. When the sort key is a timestamptz, put it into the cursor as text of the
 * database: a Date has lost its microseconds.
 */
export function createPager(secret: string) {
  // A key of its own: what signs page tokens signs nothing else.
  const key = createHmac('sha256', secret).update('page-token').digest()

  function seal(payload: string): Buffer {
    return createHmac('sha256', key).update(payload).digest().subarray(0, macBytes)
  }

  function open(token: string, filters: unknown): string[] {
    const bytes = Buffer.from(token, 'base64url')
    const payload = bytes.toString('utf8', macBytes)
    const mac = bytes.subarray(0, macBytes)
    if (mac.length !== macBytes || !timingSafeEqual(mac, seal(payload))) throw badToken('page_token is not valid')
    const [filtersHash, ...cursor] = JSON.parse(payload) as [string, ...string[]]
    if (filtersHash !== hashOf(filters)) throw badToken('page_token belongs to a list with other filters')
    return cursor
  }

  return {
    /**
     * @param filters What narrows or orders the list, without the paging fields; any JSON value, bigints too.
     * @throws INVALID_ARGUMENT VALIDATION_FAILED, PAGE_TOKEN_INVALID
     */
    read(request: PageRequest, filters: unknown): Page {
      const { page, pageSize = defaultPageSize, pageToken } = request
      if (pageSize < 1 || pageSize > maxPageSize) throw badPage('page_size', `must be from 1 to ${maxPageSize}`)
      if (pageToken !== undefined && pageToken !== '') {
        if (page !== undefined) throw badPage('page', 'cannot be combined with page_token')
        return { page: 0, pageSize, offset: 0, cursor: open(pageToken, filters) }
      }
      const number = page ?? 1
      if (number < 1) throw badPage('page', 'must be at least 1')
      if (number * pageSize > maxOffset) {
        throw badPage('page', `page * page_size must not exceed ${maxOffset}: use page_token`)
      }
      return { page: number, pageSize, offset: (number - 1) * pageSize, cursor: null }
    },

    /** The token that goes on after the row with the sort key `cursor`. */
    token(cursor: string[], filters: unknown): string {
      const payload = JSON.stringify([hashOf(filters), ...cursor])
      return Buffer.concat([seal(payload), Buffer.from(payload)]).toString('base64url')
    }
  }
}

function hashOf(filters: unknown): string {
  const text = JSON.stringify(filters, (_key, value) => (typeof value === 'bigint' ? String(value) : value)) ?? ''
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}

function badPage(field: string, description: string): ConnectError {
  const violations = [{ field, description }]
  return failure(Code.InvalidArgument, 'VALIDATION_FAILED', `${field}: ${description}`, { violations })
}

function badToken(description: string): ConnectError {
  const violations = [{ field: 'page_token', description }]
  return failure(Code.InvalidArgument, 'PAGE_TOKEN_INVALID', description, { violations })
}
