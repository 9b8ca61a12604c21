import { clone } from '@bufbuild/protobuf'
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { PeerSettings } from '../../peer.ts'

/**
 * The configuration of structured-proxy, as it is read from a file.
 *
 * @param descriptors where the descriptor set is
 */
export function config({ port, upstreamPort, workers }: PeerSettings, descriptors: string): object {
  return {
    service: { name: 'bench' },
    listen: { http: `127.0.0.1:${port}` },
    upstream: { default: `http://127.0.0.1:${upstreamPort}` },
    descriptors: [{ file: descriptors }],
    runtime: { worker_threads: workers },
    metrics: { enabled: false },
    health: { enabled: false }
  }
}

/**
 * The same files with names of JSON that are those of the fields: it has no option for that, but prints what descriptors say.
 */
export function withProtoNames(files: FileDescriptorProto[]): FileDescriptorProto[] {
  return files.map(file => {
    const copy = clone(FileDescriptorProtoSchema, file)
    for (const message of copy.messageType) nameAsProto(message)
    return copy
  })
}

function nameAsProto({ field: fields, nestedType }: DescriptorProto): void {
  for (const field of fields) field.jsonName = field.name
  for (const message of nestedType) nameAsProto(message)
}
