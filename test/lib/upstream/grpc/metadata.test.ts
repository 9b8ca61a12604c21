import { Code } from '@connectrpc/connect'
import t from 'tap'
import { Metadata } from '../../../../lib/upstream/grpc/metadata.ts'

t.test('what a caller says is kept, in lower case, from anything that headers are made of', async t => {
  for (const init of [
    { 'X-A': '1', b: '2' },
    new Headers({ 'X-A': '1', b: '2' }),
    [['x-a', '1'] as const, ['b', '2'] as const]
  ]) {
    const metadata = Metadata.from(init as Record<string, string>)
    t.equal(metadata.get('x-a'), '1')
    t.equal(metadata.get('b'), '2')
  }
  t.same(Metadata.from(undefined).fields, [])
})

t.test('names of the protocol are the protocol’s own', async t => {
  const header = {
    'content-type': 'text/html',
    te: 'gzip',
    'grpc-timeout': '1H',
    'grpc-encoding': 'br',
    host: 'a',
    'content-length': '3'
  }
  t.same(Metadata.from(header).fields, [])
})

t.test('a trace and a user agent are the caller’s', async t => {
  const header = { 'grpc-trace-bin': 'AA', 'user-agent': 'me' }
  t.same(Metadata.from(header).fields, ['grpc-trace-bin', 'AA', 'user-agent', 'me'])
})

t.test('binary values of one name are said one by one', async t => {
  const headers = new Headers([
    ['a-bin', 'AA'],
    ['a-bin', 'AQ=='],
    ['b', '1'],
    ['b', '2'],
    ['c-bin', '']
  ])
  t.same(Metadata.from(headers).fields, ['a-bin', 'AA', 'a-bin', 'AQ==', 'b', '1, 2', 'c-bin', ''])
})

t.test('what gRPC does not allow is refused, and its value not told', async t => {
  const rows: [string, string][] = [
    ['connection', 'close'],
    ['keep-alive', 'a'],
    ['proxy-connection', 'a'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'h2c'],
    [':path', '/'],
    ['Upper', 'a'],
    ['', 'a'],
    ['a b', 'a'],
    ['a\n', 'a'],
    ['a', 'secret\r\nb: c'],
    ['a', 'secret\0'],
    ['a', ' secret'],
    ['a', 'secret\t'],
    ['a!', 'a'],
    ['a', 'secret\tb'],
    ['a', 'secret\xe4'],
    ['a', 'secret\u0100'],
    ['a', 'secret\x7f']
  ]
  for (const [name, value] of rows) {
    for (const add of ['set', 'append'] as const) {
      t.throws(() => new Metadata()[add](name, value), { code: Code.Internal }, JSON.stringify([name, value]))
      try {
        new Metadata()[add](name, value)
      } catch (error) {
        t.notMatch(String(error), 'secret')
      }
    }
  }
  t.throws(() => Metadata.from({ a: 'b\nc' }), { code: Code.Internal })
  t.throws(() => Metadata.from({ connection: 'close' }), { code: Code.Internal })
})

t.test('values may be empty, and any of ASCII with spaces inside', async t => {
  for (const value of ['', 'a', 'a b', '~!']) {
    const metadata = new Metadata()
    metadata.append('a', value)
    t.equal(metadata.get('a'), value)
  }
})

t.test('to set replaces all that was said, and to append does not', async t => {
  const metadata = new Metadata()
  metadata.append('a', '1')
  metadata.append('b', '2')
  metadata.append('a', '3')
  t.same(metadata.fields, ['a', '1', 'b', '2', 'a', '3'])
  t.equal(metadata.get('a'), '1')
  metadata.set('a', '4')
  metadata.set('c', '5')
  t.same(metadata.fields, ['a', '4', 'b', '2', 'c', '5'])
  t.equal(metadata.has('c'), true)
  t.equal(metadata.get('d'), null)
})

t.test('a clone says more alone', async t => {
  const metadata = Metadata.from({ a: '1' })
  const clone = metadata.clone()
  clone.set('a', '2')
  clone.append('b', '3')
  t.same(metadata.fields, ['a', '1'])
})
