import t from 'tap'
import { cutVerb, decodeSegment, splitPath } from '../../../lib/httprule/path.ts'

t.test('a path is split at its raw slashes', async t => {
  const cases: [path: string, segments: string[] | null][] = [
    ['/', []],
    ['/a', ['a']],
    ['/a/b%2Fc/..', ['a', 'b%2Fc', '..']],
    ['/a/', null],
    ['//a', null],
    ['/a//b', null],
    ['//', null],
    ['a/b', null],
    ['', null],
    ['*', null]
  ]
  for (const [path, segments] of cases) t.same(splitPath(path), segments, path)
})

t.test('what stands behind the last colon may be a verb', async t => {
  t.same(cutVerb(['a', 'b:c:go']), { segments: ['a', 'b:c'], verb: 'go' })
  t.same(cutVerb(['a', 'b:']), { segments: ['a', 'b'], verb: '' })
  for (const segments of [[], ['a'], ['a:go', 'b'], [':go'], ['a%3Ago']])
    t.equal(cutVerb(segments), null, segments.join('/'))
})

t.test('a segment that is no percent-encoding of UTF-8 is like no literal', async t => {
  t.equal(decodeSegment('%C3%a9%2F'), 'é/')
  for (const raw of ['%', '%zz', '%ff', '%c0%af']) t.equal(decodeSegment(raw), '', raw)
})
