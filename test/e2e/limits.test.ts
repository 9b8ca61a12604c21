import t from 'tap'
import { startShop } from './shop.ts'

t.test('above the limit: 429 that says when to come back; the service is not asked', async t => {
  const { call } = await startShop(t, { RATE_LIMIT_RPS: '1', RATE_LIMIT_BURST: '3' })
  const answers = []
  for (let request = 0; request < 4; request++) answers.push(await call('GET', '/api/v1/categories'))
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 429]
  )
  const refused = answers[3]!
  t.match(refused.body, { error: 'rate limit exceeded', code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED' })
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
})
