import t from 'tap'
import { checkFraming } from '../../../../lib/http/guard/framing.ts'

t.test('a list of codings that is long and wrong is refused at once', async t => {
  const header = `${'a ,\t'.repeat(4_000)};`
  t.throws(() => checkFraming({ httpVersion: '1.1', headers: { 'transfer-encoding': header } }), {
    code: 'SLUICE_ERR_REQUEST_MALFORMED'
  })
})

t.test('HTTP/1.0 knows no expectations', async t => {
  t.doesNotThrow(() => checkFraming({ httpVersion: '1.0', headers: { expect: 'cake' } }))
})
