import t from 'tap'
import { compileCapture, isPathValue } from '../../../lib/httprule/capture.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'

t.test('variables take their segments, decoded by their kind', async t => {
  const capture = compileCapture(parseTemplate('/v1/{a}/{b=x/**}'))
  t.same(
    [...capture('/v1/1%2F2/x/3%2F4/%61')],
    [
      ['a', '1/2'],
      ['b', 'x/3%2F4/a']
    ]
  )
  t.same(
    [...capture('/v1/1/x')],
    [
      ['a', '1'],
      ['b', 'x']
    ]
  )
})

t.test('a variable of any number of segments may have none', async t => {
  t.same([...compileCapture(parseTemplate('/{a=**}'))('/')], [['a', '']])
  t.same(
    [...compileCapture(parseTemplate('/v1/{a}/{b=**}'))('/v1/1')],
    [
      ['a', '1'],
      ['b', '']
    ]
  )
})

t.test('what no path may carry', async t => {
  for (const value of ['a\0', '\x7f', '..', 'a/../b', 'a%2f..', '\\x', '/a']) t.notOk(isPathValue(value), value)
  for (const value of ['', 'a', 'a/b', '...', 'a..b', 'é']) t.ok(isPathValue(value), value)
})
