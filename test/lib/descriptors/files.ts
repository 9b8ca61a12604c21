import type { DescFile, DescService } from '@bufbuild/protobuf'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'

/** The file of a service and all that it imports, each behind those that import it. */
export function filesOf({ file }: DescService): FileDescriptorProto[] {
  const files = new Map<string, FileDescriptorProto>()
  const add = ({ proto, dependencies }: DescFile) => {
    files.delete(proto.name)
    files.set(proto.name, proto)
    for (const imported of dependencies) add(imported)
  }
  add(file)
  return [...files.values()]
}
