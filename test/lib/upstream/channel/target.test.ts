import t from 'tap'
import { parseTarget } from '../../../../lib/upstream/channel/target.ts'

const good: [string, { tls: boolean | null; places: object[] }][] = [
  [
    'product:9002',
    {
      tls: null,
      places: [{ kind: 'name', name: 'product', port: 9002, authority: 'product:9002', serverName: 'product' }]
    }
  ],
  [
    'http://Product.Internal',
    {
      tls: false,
      places: [
        {
          kind: 'name',
          name: 'product.internal',
          port: 80,
          authority: 'product.internal',
          serverName: 'product.internal'
        }
      ]
    }
  ],
  [
    'https://product.internal./',
    {
      tls: true,
      places: [
        {
          kind: 'name',
          name: 'product.internal.',
          port: 443,
          authority: 'product.internal',
          serverName: 'product.internal'
        }
      ]
    }
  ],
  [
    'https://127.0.0.1:8443',
    {
      tls: true,
      places: [{ kind: 'address', host: '127.0.0.1', port: 8443, authority: '127.0.0.1:8443', serverName: '127.0.0.1' }]
    }
  ],
  [
    'http://[::1]',
    { tls: false, places: [{ kind: 'address', host: '::1', port: 80, authority: '[::1]', serverName: '::1' }] }
  ],
  [
    '[fd00::7]:9002',
    {
      tls: null,
      places: [{ kind: 'address', host: 'fd00::7', port: 9002, authority: '[fd00::7]:9002', serverName: 'fd00::7' }]
    }
  ],
  [
    'dns:///user_service:9001',
    {
      tls: null,
      places: [
        { kind: 'name', name: 'user_service', port: 9001, authority: 'user_service:9001', serverName: 'user_service' }
      ]
    }
  ],
  [
    'srv:///_grpc._tcp.Product.internal',
    {
      tls: null,
      places: [
        {
          kind: 'srv',
          name: '_grpc._tcp.product.internal',
          authority: 'product.internal',
          serverName: 'product.internal'
        }
      ]
    }
  ],
  [
    'unix:/run/product.sock',
    {
      tls: null,
      places: [{ kind: 'unix', path: '/run/product.sock', authority: 'localhost', serverName: 'localhost' }]
    }
  ],
  [
    'unix:///run/product.sock',
    {
      tls: null,
      places: [{ kind: 'unix', path: '/run/product.sock', authority: 'localhost', serverName: 'localhost' }]
    }
  ],
  [
    'https://10.0.0.1, https://b:2',
    {
      tls: true,
      places: [
        { kind: 'address', host: '10.0.0.1', port: 443, authority: '10.0.0.1', serverName: '10.0.0.1' },
        { kind: 'name', name: 'b', port: 2, authority: 'b:2', serverName: 'b' }
      ]
    }
  ]
]

for (const [text, expected] of good) {
  t.test(`${text} is a target`, async t => {
    t.same(parseTarget(text), { text, ...expected })
  })
}

const bad: [string, string][] = [
  ['', 'it is empty'],
  ['  ', 'it is empty'],
  ['a:1,', 'a part of the list is empty'],
  ['product', 'the port is missing'],
  ['product:', 'the port is missing'],
  ['dns:///product', 'the port is missing'],
  ['product:0', 'the port "0" is not a number from 1 to 65535'],
  ['product:65536', 'the port "65536" is not a number from 1 to 65535'],
  ['product:http', 'the port "http" is not a number from 1 to 65535'],
  ['http://:80', 'the host is missing'],
  ['http://', 'the host is missing'],
  ['http://product/v1', 'nothing may follow the port'],
  ['http://product?x', 'nothing may follow the port'],
  ['ftp://product', 'the scheme "ftp" is not one of http, https, dns, srv, unix'],
  ['dns://8.8.8.8/product:1', 'a DNS server cannot be named: three slashes come before the name'],
  ['::1:80', '"::1:80" is not host:port; an IPv6 address is written [address]:port'],
  ['[::g]:80', '"::g" is not an IPv6 address'],
  ['[fe80::1%eth0]:80', 'an IPv6 address with a zone is not taken'],
  ['127.1:80', '"127.1" is not an IPv4 address'],
  ['1.2.3.999:80', '"1.2.3.999" is not an IPv4 address'],
  ['0x7f.0x1:80', '"0x7f.0x1" is not an IPv4 address'],
  ['pro duct:80', '"pro duct" is not the name of a host'],
  ['product\0.internal:80', '"product\\u0000.internal" is not the name of a host'],
  ['-product:80', '"-product" is not the name of a host'],
  [`${'x'.repeat(64)}:80`, `"${'x'.repeat(64)}" is not the name of a host`],
  [`${'x.'.repeat(127)}xx:80`, 'a name has at most 253 characters'],
  ['srv:///product', '"product" is not like _grpc._tcp.name'],
  ['srv:///_grpc._tcp.', '"_grpc._tcp." is not like _grpc._tcp.name'],
  ['srv:///_grpc._tcp.1.2', '"1.2" is not an IPv4 address'],
  ['unix:///', 'the path of a socket is missing'],
  ['unix:/', 'the path of a socket is missing'],
  ['unix:product.sock', 'the path of a socket must begin with /'],
  [`unix:/${'x'.repeat(107)}`, 'the path of a socket has at most 107 bytes'],
  ['http://a:1,https://b:2', 'all parts of a list must begin with http://, or all with https://, or none'],
  ['http://a:1,b:2', 'all parts of a list must begin with http://, or all with https://, or none']
]

for (const [text, problem] of bad) {
  t.test(`${JSON.stringify(text)} is none: ${problem}`, async t => {
    t.throws(() => parseTarget(text), { name: 'TargetError', message: problem })
  })
}

t.test('a password in it is refused, and not repeated', async t => {
  t.throws(() => parseTarget('http://ada:secret@product'), {
    message: 'a user or password has no place in it'
  })
})
