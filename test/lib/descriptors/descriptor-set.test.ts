import { create, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { readDescriptorSet, servedServices } from '../../../lib/descriptors/descriptor-set.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { filesOf } from './files.ts'

const files = filesOf(ProductService)

function bytesOf(file: typeof files): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }))
}

t.test('the services of a descriptor set have their HTTP rules', async t => {
  const registry = readDescriptorSet(bytesOf(files.toReversed()), 'image.binpb')
  const [service] = servedServices(registry)
  t.equal(service?.typeName, 'shop.product.v1.ProductService')
  t.equal(httpRules(service!.method.getProduct!)[0]?.template.text, '/api/v1/products/{product_id}')
})

t.test('the order of the files does not matter', async t => {
  const [service] = servedServices(readDescriptorSet(bytesOf(files), 'image.binpb'))
  t.equal(service?.typeName, 'shop.product.v1.ProductService')
})

t.test('services without a rule are not served', async t => {
  const rest = filesOf(ProductService).filter(({ name }) => !name.startsWith('shop/product'))
  t.same(servedServices(readDescriptorSet(bytesOf(rest), 'image.binpb')), [])
})

const refused: [what: string, bytes: Uint8Array, message: RegExp][] = [
  [
    'bytes that are no protobuf',
    Buffer.from('{"file": []}'),
    /^image.binpb: it is no google.protobuf.FileDescriptorSet$/
  ],
  ['an empty file', new Uint8Array(), /^image.binpb: it holds no files$/],
  [
    'a set without the imports',
    bytesOf(files.slice(0, 1)),
    /^image.binpb: shop\/product\/v1\/product.proto imports \S+, which is not in it$/
  ],
  ['a type that is in no file', bytesOf([{ ...files[0]!, dependency: [] }]), /^image.binpb: .*(?:shop|google|buf)/]
]
for (const [what, bytes, message] of refused) {
  t.test(`${what} is refused`, async t => {
    t.throws(() => readDescriptorSet(bytes, 'image.binpb'), { code: 'SLUICE_ERR_DESCRIPTORS_INVALID', message })
  })
}
