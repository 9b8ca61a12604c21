import t from 'tap'
import { parseArguments } from '../../../lib/cli/arguments.ts'

t.test('upstreams are told by host and port, by URL, as a list, and by service', async t => {
  const { upstreams } = parseArguments([
    '--upstream',
    'localhost:9001',
    '--upstream=https://[::1]:9002',
    '--upstream',
    'shop.user.v1.UserService=10.0.0.1:9003,10.0.0.2:9003'
  ])
  t.same(upstreams, [
    { service: null, target: 'localhost:9001' },
    { service: null, target: 'https://[::1]:9002' },
    { service: 'shop.user.v1.UserService', target: '10.0.0.1:9003,10.0.0.2:9003' }
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
  [['--upstream', ''], /^--upstream "" must be \[SERVICE=\]host:port: it is empty/],
  [['--upstream', 'http://'], /the host is missing/],
  [['--upstream', 'a'], /the port is missing/],
  [['--upstream', 'a:1/path'], /nothing may follow the port/],
  [['--upstream', 'a:1?b'], /nothing may follow the port/],
  [['--upstream', 'user@a:1'], /a user or password has no place in it/],
  [['--upstream', 'a:99999'], /the port "99999"/],
  [['--upstream', 'ftp://a:1'], /the scheme "ftp"/],
  [['--upstream', 'x.Y=a:1', '--upstream', 'x.Y=b:1'], /^--upstream: x\.Y has two addresses/],
  [['--upstream', 'a:1', '--upstream', 'b:1', '--descriptors', 'f'], /only one address can be for all/],
  [['--upstream', 'a:1', 'file'], /^Unexpected argument 'file'/]
]
for (const [args, message] of refused) {
  t.test(`"${args.join(' ')}" is refused`, async t => {
    t.throws(() => parseArguments(args), { code: 'SLUICE_ERR_ARGUMENT_INVALID', message })
  })
}
