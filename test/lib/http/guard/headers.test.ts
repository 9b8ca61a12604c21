import t from 'tap'
import { changeHeaders, compileIsInternal, isNamePattern } from '../../../../lib/http/guard/headers.ts'

t.test('names are internal in any case, by the whole name or by how they begin', async t => {
  const isInternal = compileIsInternal(['X-User-Id', 'X-Gateway-*'])
  for (const name of ['x-user-id', 'x-gateway-', 'x-gateway-a', 'a_b', '__proto__'])
    t.equal(isInternal(name), true, name)
  for (const name of ['x-user-ids', 'x-gateway', 'a-b', 'user-id']) t.equal(isInternal(name), false, name)
})

t.test('a pattern is the name of a header', async t => {
  for (const text of ['x', 'X-User-Id', 'x-*', '*']) t.equal(isNamePattern(text), text !== '*', text)
  for (const text of ['', 'x y', 'x:', 'x-**', 'x-*-y', 'é']) t.equal(isNamePattern(text), false, text)
})

t.test('all forms of the headers change at once', async t => {
  const request = {
    headers: { a: '1, 2', b: '3', c: '4' },
    headersDistinct: { a: ['1', '2'], b: ['3'], c: ['4'] },
    rawHeaders: ['A', '1', 'B', '3', 'a', '2', 'C', '4']
  }
  changeHeaders(
    request,
    new Map([
      ['a', '5'],
      ['b', undefined],
      ['d', undefined]
    ])
  )
  t.same(request, {
    headers: { a: '5', c: '4' },
    headersDistinct: { a: ['5'], c: ['4'] },
    rawHeaders: ['A', '5', 'C', '4']
  })
})
