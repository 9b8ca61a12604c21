import t from 'tap'
import { methodAttribute } from '../../../lib/telemetry/http-method.ts'

t.test('a method that the conventions know is told, any other is not', async t => {
  t.equal(methodAttribute('GET'), 'GET')
  for (const method of ['PROPFIND', 'get', 'M-SEARCH', '']) t.equal(methodAttribute(method), '_OTHER', method)
})
