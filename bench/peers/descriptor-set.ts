import { create, type DescFile, toBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { file_bench_v1_shop } from '../gen/bench/v1/shop_pb.ts'
import { fillerService } from './node/filler-service.ts'

/** What contenders that read descriptors serve: the files of the services with all that they import, imports first. */
export function descriptorFiles(extraRoutes: number): FileDescriptorProto[] {
  const files = new Set<FileDescriptorProto>()
  collect(file_bench_v1_shop, files)
  if (extraRoutes > 0) files.add(fillerService(extraRoutes).file.proto)
  return [...files]
}

/** A descriptor set as `buf build` and `protoc` write it. */
export function descriptorSet(files: FileDescriptorProto[]): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: files }))
}

function collect({ proto, dependencies }: DescFile, files: Set<FileDescriptorProto>): void {
  for (const dependency of dependencies) collect(dependency, files)
  files.add(proto)
}
