import t from 'tap'
import { parseArguments } from '../../../lib/cli/arguments.ts'

t.test('upstreams are told by host and port, by URL, and by service', async t => {
  const { upstreams } = parseArguments([
    '--upstream',
    'localhost:9001',
    '--upstream=https://[::1]:9002',
    '--upstream',
    'shop.user.v1.UserService=10.0.0.1:9003'
  ])
  t.same(upstreams, [
    { service: null, url: 'http://localhost:9001' },
    { service: null, url: 'https://[::1]:9002' },
    { service: 'shop.user.v1.UserService', url: 'http://10.0.0.1:9003' }
  ])
})

t.test('nothing else need be said', async t => {
  t.match(parseArguments(['--upstream', 'a:1']), { help: false, descriptors: null, isPublic: false, port: null })
})

t.test('help is there without an upstream', async t => {
  t.equal(parseArguments(['--help']).help, true)
})

const refused: [args: string[], message: RegExp][] = [
  [[], /^--upstream is missing/],
  [['--colour'], /^Unknown option '--colour'/],
  [['--upstream'], /^Option '--upstream <value>' argument missing/],
  [['--upstream', ''], /^--upstream: {2}must be/],
  [['--upstream', 'http://'], /^--upstream: http:\/\/ must be/],
  [['--upstream', 'a:1/path'], /^--upstream: a:1\/path must be/],
  [['--upstream', 'a:1?b'], /must be/],
  [['--upstream', 'user@a:1'], /must be/],
  [['--upstream', 'a:99999'], /must be/],
  [['--upstream', 'ftp://a:1'], /must be/],
  [['--upstream', 'x.Y=a:1', '--upstream', 'x.Y=b:1'], /^--upstream: x\.Y has two addresses/],
  [['--upstream', 'a:1', '--upstream', 'b:1', '--descriptors', 'f'], /only one address can be for all/],
  [['--upstream', 'a:1', 'file'], /^Unexpected argument 'file'/]
]
for (const [args, message] of refused) {
  t.test(`"${args.join(' ')}" is refused`, async t => {
    t.throws(() => parseArguments(args), { code: 'SLUICE_ERR_ARGUMENT_INVALID', message })
  })
}
