import t from 'tap'
import { limitItem, policyItem, wholeSeconds } from '../../../lib/limiter/rate-limit-fields.ts'

t.equal(policyItem('address', { size: 200, periodMs: 2_000 }), '"address";q=200;w=2')
t.equal(
  policyItem('address', { size: 1, periodMs: 10 }),
  '"address";q=1;w=1',
  'a window is never shorter than a second'
)
t.equal(limitItem('address', { allowed: true, remaining: 7, resetMs: 1_001 }), '"address";r=7;t=2')
t.equal(wholeSeconds(0.2), 1)
t.equal(wholeSeconds(2_000), 2)
