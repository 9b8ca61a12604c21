import { Code } from '@connectrpc/connect'
import t from 'tap'
import { checkEtag, formatEtag } from '../../../backends/shared/etag.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'

t.test('an entity tag is the version in quotes', async t => {
  t.equal(formatEtag(7n), '"7"')
})

for (const given of [undefined, '', '*', '"7"', '7']) {
  t.test(`${given} permits version 7`, async t => {
    t.doesNotThrow(() => checkEtag(given, 7n))
  })
}

for (const given of ['"8"', '8', 'W/"7"', '07', '"7']) {
  t.test(`${given} does not permit version 7`, async t => {
    try {
      checkEtag(given, 7n)
      t.fail('was permitted')
    } catch (error) {
      t.match(error, { code: Code.Aborted })
      t.equal(reasonOf(error), 'ETAG_MISMATCH')
    }
  })
}
