import t from 'tap'
import { checkProxiedPath } from '../../../../lib/http/proxy/path.ts'

for (const path of [
  '/a/..;/b',
  '/a/.;x',
  '/a/%2E%2e%3B/b',
  '/a/%252e%252e/b',
  '/a/%252Fb',
  '/a/%255cb',
  '/a/%25252f',
  '/a//b',
  '//a'
]) {
  t.test(`${path} is refused`, async t => {
    t.throws(() => checkProxiedPath(path), { code: 'SLUICE_ERR_PATH' })
  })
}

for (const path of ['/', '/a/b.c', '/a/..b/c', '/a;v=1/b', '/a/100%25', '/a/%C3%A9', '/a/...']) {
  t.test(`${path} is passed on`, async t => {
    t.doesNotThrow(() => checkProxiedPath(path))
  })
}
