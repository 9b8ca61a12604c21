import t from 'tap'
import { publicLocation } from '../../../../lib/http/proxy/location.ts'

const mapping = { prefix: '/legacy', origin: 'http://service:81', basePath: '/app' }
const cases: readonly (readonly [location: string, wanted: string])[] = [
  ['/app', '/legacy'],
  ['/app/', '/legacy/'],
  ['/app/login?a=b#c', '/legacy/login?a=b#c'],
  ['/app?a', '/legacy?a'],
  ['http://service:81/app/x', '/legacy/x'],
  // Elsewhere.
  ['/application', '/application'],
  ['/other', '/other'],
  ['//service:81/app', '//service:81/app'],
  ['/\\service/app', '/\\service/app'],
  ['http://service:819/app/x', 'http://service:819/app/x'],
  ['http://service:81@evil/app', 'http://service:81@evil/app'],
  ['https://elsewhere/app/x', 'https://elsewhere/app/x'],
  // Relative to what was asked for.
  ['login', 'login'],
  ['?a', '?a'],
  ['', '']
]
for (const [location, wanted] of cases) {
  t.test(`"${location}" is told as "${wanted}"`, async t => {
    t.equal(publicLocation(location, mapping), wanted)
  })
}

t.test('with a service at the root, every path of it is one below the prefix', async t => {
  const atRoot = { ...mapping, basePath: '' }
  t.equal(publicLocation('/login', atRoot), '/legacy/login')
  t.equal(publicLocation('http://service:81', atRoot), '/legacy')
  t.equal(publicLocation('//evil', atRoot), '//evil')
})
