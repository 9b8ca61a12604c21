import t from 'tap'
import {
  comparablePath,
  comparableText,
  cutPath,
  cutVerb,
  decodedText,
  decodeSegment,
  splitPath
} from '../../../lib/httprule/path.ts'

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

t.test('the verb of a path is the same, whether it is split or not', async t => {
  t.same(cutPath('/a/b:c:go'), { path: '/a/b:c', verb: 'go' })
  for (const path of ['/', '/a', '/a:go/b', '/a/:go', '/a%3Ago']) t.equal(cutPath(path), null, path)
})

t.test('all spellings of a path compare as one', async t => {
  t.equal(comparablePath('/a/%62/%C3%A9', 9), '/a/b/é')
  t.equal(comparablePath('/', 9), '')
  t.equal(comparablePath('a', 9), null)
  const literal = comparableText('b/c')
  t.equal(comparablePath('/a/b%2Fc', 9), `/a/${literal}`)
  t.equal(decodedText(literal), 'b/c')
  for (const raw of ['b%01c', 'b%zzc', '%ff', '%00']) t.not(comparablePath(`/a/${raw}`, 9), `/a/${literal}`, raw)
  t.equal(comparablePath('/%61/%62/%63', 2), '/a/b/%63', 'what is deeper than any template is not compared')
  t.equal(comparablePath('/a/%zz', 9), comparablePath('/a/%00', 9), 'what no literal is like')
})

t.test('a segment that is no percent-encoding of UTF-8 is like no literal', async t => {
  t.equal(decodeSegment('%C3%a9%2F'), 'é/')
  for (const raw of ['%', '%zz', '%ff', '%c0%af']) t.equal(decodeSegment(raw), '', raw)
})
