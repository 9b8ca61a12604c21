import { create, createFileRegistry, type DescService, type FileRegistry, fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { StartError } from '../../errors.ts'
import { httpRules } from '../httprule/rules.ts'

/**
 * Reads what `buf build -o image.binpb` and `protoc --include_imports --descriptor_set_out` write.
 *
 * @param source where the bytes are from, for the error.
 * @throws {StartError} SLUICE_ERR_DESCRIPTORS_INVALID
 */
export function readDescriptorSet(bytes: Uint8Array, source: string): FileRegistry {
  return registryOf(parse(bytes, source), source)
}

/**
 * Resolves the files of a descriptor set, in whatever order they are.
 *
 * @throws {StartError} SLUICE_ERR_DESCRIPTORS_INVALID when a file is missing or wrong.
 */
export function registryOf({ file }: Pick<FileDescriptorSet, 'file'>, source: string): FileRegistry {
  const files = new Map(file.map(each => [each.name, each]))
  // An image of another kind, such as JSON, may well parse as a set of nothing.
  if (files.size === 0) throw invalid(source, 'it holds no files')
  for (const each of file) {
    const missing = each.dependency.find(name => !files.has(name))
    if (missing !== undefined) throw invalid(source, `${each.name} imports ${missing}, which is not in it`)
  }
  try {
    return createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(files) }))
  } catch (error) {
    throw invalid(source, (error as Error).message, error)
  }
}

/** The registry of protobuf-es wants every file behind those that it imports; servers answer in any order. */
function importsFirst(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>()
  const begun = new Set<string>()
  const add = (name: string) => {
    const file = files.get(name)
    if (file === undefined || begun.has(name)) return
    begun.add(name)
    for (const imported of file.dependency) add(imported)
    sorted.add(file)
  }
  for (const name of files.keys()) add(name)
  return [...sorted]
}

/**
 * The services that can be served over HTTP: those with a rule on any rpc.
 *
 * @param offered the full names of those that the server has. Default: all.
 */
export function servedServices(registry: FileRegistry, offered?: readonly string[]): DescService[] {
  const services = [...registry].filter(desc => desc.kind === 'service')
  return services.filter(
    ({ typeName, methods }) =>
      (offered === undefined || offered.includes(typeName)) && methods.some(method => httpRules(method).length > 0)
  )
}

function parse(bytes: Uint8Array, source: string): FileDescriptorSet {
  try {
    return fromBinary(FileDescriptorSetSchema, bytes)
  } catch (error) {
    throw invalid(source, 'it is no google.protobuf.FileDescriptorSet', error)
  }
}

function invalid(source: string, problem: string, cause?: unknown): StartError {
  return new StartError('SLUICE_ERR_DESCRIPTORS_INVALID', [source, problem], { cause })
}
