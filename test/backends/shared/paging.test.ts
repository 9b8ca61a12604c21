import t from 'tap'
import { createPager, type PageRequest } from '../../../backends/shared/paging.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { testSecret } from '../helper.ts'

const pager = createPager(testSecret)
const filters = { category: 'books', minPrice: 5n }

function refusal(request: PageRequest, other: unknown = filters): { reason: string | null; message: string } {
  try {
    pager.read(request, other)
  } catch (error) {
    return { reason: reasonOf(error), message: (error as Error).message }
  }
  throw new Error('was permitted')
}

t.test('without a wish: the first twenty', async t => {
  t.same(pager.read({}, filters), { page: 1, pageSize: 20, offset: 0, cursor: null })
})

t.test('a page skips those before it', async t => {
  t.match(pager.read({ page: 3, pageSize: 50 }, filters), { page: 3, offset: 100 })
})

t.test('a token leads to where it was made', async t => {
  const pageToken = pager.token(['2026-01-02 03:04:05.678901+00', 'id "x"'], filters)
  const page = pager.read({ pageSize: 7, pageToken }, filters)
  t.same(page, { page: 0, pageSize: 7, offset: 0, cursor: ['2026-01-02 03:04:05.678901+00', 'id "x"'] })
})

t.test('a token is opaque and fit for a URL', async t => {
  t.match(pager.token(['a', 'b'], filters), /^[A-Za-z0-9_-]+$/)
})

t.test('a token does not fit other filters', async t => {
  const pageToken = pager.token(['a'], filters)
  t.equal(refusal({ pageToken }, { category: 'toys', minPrice: 5n }).reason, 'PAGE_TOKEN_INVALID')
})

t.test('a token that was changed anywhere is refused', async t => {
  const bytes = Buffer.from(pager.token(['a'], filters), 'base64url')
  for (const [index, byte] of bytes.entries()) {
    const changed = Buffer.from(bytes)
    changed[index] = byte ^ 1
    t.equal(refusal({ pageToken: changed.toString('base64url') }).reason, 'PAGE_TOKEN_INVALID')
  }
})

t.test('a token of another secret, and no token at all, is refused', async t => {
  const forged = createPager('another secret of 32 bytes or more').token(['a'], filters)
  for (const pageToken of [forged, 'x', 'not base64!', 'A'.repeat(22)]) {
    t.equal(refusal({ pageToken }).reason, 'PAGE_TOKEN_INVALID')
  }
})

t.test('an empty token is none', async t => {
  t.match(pager.read({ page: 2, pageToken: '' }, filters), { page: 2, cursor: null })
})

t.test('page and page_token exclude each other', async t => {
  const { reason, message } = refusal({ page: 1, pageToken: pager.token(['a'], filters) })
  t.equal(reason, 'VALIDATION_FAILED')
  t.match(message, 'cannot be combined')
})

t.test('only tokens lead beyond ten thousand rows', async t => {
  t.match(pager.read({ page: 100, pageSize: 100 }, filters), { offset: 9_900 })
  const { reason, message } = refusal({ page: 101, pageSize: 100 })
  t.equal(reason, 'VALIDATION_FAILED')
  t.match(message, 'use page_token')
})

for (const request of [{ page: 0 }, { page: -1 }, { pageSize: 0 }, { pageSize: 101 }]) {
  t.test(`${JSON.stringify(request)} is out of range`, async t => {
    t.equal(refusal(request).reason, 'VALIDATION_FAILED')
  })
}
