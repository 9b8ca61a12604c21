import t from 'tap'
import { serverAttributes } from '../../../lib/telemetry/server-attributes.ts'
import { parseTarget } from '../../../lib/upstream/channel/target.ts'

const rows: [target: string, attributes: object][] = [
  ['http://10.0.0.7:9002', { 'server.address': '10.0.0.7', 'server.port': 9002 }],
  ['https://product.internal', { 'server.address': 'product.internal', 'server.port': 443 }],
  ['dns:///product:9002', { 'server.address': 'product', 'server.port': 9002 }],
  ['srv:///_grpc._tcp.product.internal', { 'server.address': '_grpc._tcp.product.internal' }],
  ['unix:/run/product.sock', { 'server.address': '/run/product.sock' }],
  ['a:1,b:2', { 'server.address': 'a:1,b:2' }]
]
for (const [target, attributes] of rows) {
  t.test(`${target} is told as ${JSON.stringify(attributes)}`, async t => {
    t.same(serverAttributes(parseTarget(target)), attributes)
  })
}
