import t from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import { rpcOf } from '../../../../lib/upstream/grpc/rpc.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'

const { watchTopic, importTopic, getCover } = StreamService.method

t.test('an rpc is compiled once', async t => {
  t.equal(rpcOf(getCover), rpcOf(getCover))
})

t.test('an rpc knows its path and which side streams', async t => {
  t.match(rpcOf(getCover), { path: '/fixture.v1.StreamService/GetCover', requestStreams: false, answerStreams: false })
  t.match(rpcOf(watchTopic), { requestStreams: false, answerStreams: true })
  t.match(rpcOf(importTopic), { requestStreams: true, answerStreams: false })
})

t.test('an rpc is idempotent when its policy or its level says so', async t => {
  const { getProduct, createProduct } = ProductService.method
  t.equal(rpcOf(getProduct).idempotent, true)
  t.equal(rpcOf(createProduct).idempotent, false)
})
