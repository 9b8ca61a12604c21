import fc from 'fast-check'
import t from 'tap'
import { checkPath, checkTarget, isPlainPath, toOriginForm } from '../../../../lib/http/guard/target.ts'

const pieces = [
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2E',
  '%2f',
  '%5C',
  '\\',
  'a',
  '%61',
  '%00',
  '%25',
  '?',
  '#',
  ';',
  ':',
  '%',
  'é'
]
const targets = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map(parts => `/${parts.join('')}`)

function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

t.test(
  'what passes is one path to every reader: to one that resolves it, and to one that decodes it first',
  async t => {
    fc.assert(
      fc.property(targets, target => {
        if (!passes(() => checkTarget(target, 'GET'))) return
        const [path = ''] = target.split('?')
        if (!isPlainPath(path) && !passes(() => checkPath(path, false))) return
        // A path that begins with two slashes is a host to a reader of references, so it gets a whole URL.
        const resolved = new URL(`http://gateway.test${target}`).pathname
        t.equal(decodeURIComponent(resolved), decodeURIComponent(path), target)
        const decoded = decodeURIComponent(path)
        t.equal(decoded.split('/').length, path.split('/').length, target)
        t.notMatch(decoded, /(?:^|[/\\])\.{1,2}(?:[/\\]|$)|\p{Cc}/u, target)
      }),
      { seed: 20261123, numRuns: 2_000 }
    )
  }
)

t.test('a route that decodes slashes by itself still gets no dot segments', async t => {
  for (const path of ['/a/..%2fb', '/a%2f..', '/a%2F%2e%2E%5cb', '/a%5c.']) t.throws(() => checkPath(path, true), path)
  for (const path of ['/a%2fb', '/a%2f..b', '/a%5c...']) t.doesNotThrow(() => checkPath(path, true), path)
})

t.test('a whole URL has a path and a query', async t => {
  const forms: Record<string, string | null> = {
    '/a?b': '/a?b',
    'http://h/a?b': '/a?b',
    'HTTP://h:1/a': '/a',
    'https://h': '/',
    'http://h?b': '/?b',
    '*': null,
    'h:80': null,
    'http:/a': null,
    'ftp://h/a': null,
    '': null
  }
  for (const [target, form] of Object.entries(forms)) t.equal(toOriginForm(target), form, target)
})
