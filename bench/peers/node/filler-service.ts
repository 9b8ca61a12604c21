import { create, createFileRegistry, type DescService, setExtension } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel as IdempotencyLevel,
  type MethodOptions,
  MethodOptionsSchema
} from '@bufbuild/protobuf/wkt'
import { http } from '../../../gen/google/api/annotations_pb.ts'
import { HttpRuleSchema } from '../../../gen/google/api/http_pb.ts'
import { file_bench_v1_shop } from '../../gen/bench/v1/shop_pb.ts'

const fileName = 'bench/v1/filler.proto'

/** A service of so many rpcs like GetProduct, each with a route of its own: what a large gateway has besides. */
export function fillerService(count: number): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: fileName,
    package: 'bench.v1',
    syntax: 'proto3',
    dependency: [file_bench_v1_shop.proto.name],
    service: [
      {
        name: 'FillerService',
        method: Array.from({ length: count }, (_, index) => ({
          name: `GetProduct${index}`,
          inputType: '.bench.v1.GetProductRequest',
          outputType: '.bench.v1.Product',
          options: optionsOf(`/v1/filler/${index}/{product_id}`)
        }))
      }
    ]
  })
  const registry = createFileRegistry(file, name => (name === fileName ? undefined : file_bench_v1_shop))
  return registry.getService('bench.v1.FillerService')!
}

function optionsOf(path: string): MethodOptions {
  const options = create(MethodOptionsSchema, { idempotencyLevel: IdempotencyLevel.NO_SIDE_EFFECTS })
  setExtension(options, http, create(HttpRuleSchema, { pattern: { case: 'get', value: path } }))
  return options
}
