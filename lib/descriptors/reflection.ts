import { create, type DescMethodBiDiStreaming, type FileRegistry, fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { StartError } from '../../errors.ts'
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse
} from '../../gen/grpc/reflection/v1/reflection_pb.ts'
import { registryOf } from './descriptor-set.ts'

const { serverReflectionInfo } = ServerReflection.method

/** What the protocol was called before it was stable; the messages are the same. Many servers know only this one. */
const alphaServiceName = 'grpc.reflection.v1alpha.ServerReflection'

const alphaMethod = {
  ...serverReflectionInfo,
  parent: { ...ServerReflection, typeName: alphaServiceName }
} as typeof serverReflectionInfo

/** The most files that a server may describe; more is a server that does not end. */
const maxFiles = 10_000

/** What a server tells about itself. */
export interface Reflected {
  /** The full names of the services that it offers. Their files may define others, which it does not. */
  services: string[]
  registry: FileRegistry
}

/**
 * Asks a server for the descriptors of all its services.
 *
 * @param source what the server is called in errors.
 * @param timeoutMs for all questions together.
 * @throws {StartError} SLUICE_ERR_DESCRIPTORS_INVALID
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export async function reflectDescriptors(transport: Transport, source: string, timeoutMs: number): Promise<Reflected> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const { services, files } = await withEitherVersion(transport, signal)
    return { services, registry: registryOf({ file: files }, source) }
  } catch (error) {
    if (error instanceof StartError) throw error
    const { rawMessage } = ConnectError.from(error)
    throw new StartError('SLUICE_ERR_DESCRIPTORS_INVALID', [source, `server reflection: ${rawMessage}`], {
      cause: error
    })
  }
}

interface Fetched {
  services: string[]
  files: FileDescriptorProto[]
}

async function withEitherVersion(transport: Transport, signal: AbortSignal): Promise<Fetched> {
  try {
    return await fetchFiles(ask(transport, serverReflectionInfo, signal))
  } catch (error) {
    if (ConnectError.from(error).code !== Code.Unimplemented) throw error
    return fetchFiles(ask(transport, alphaMethod, signal))
  }
}

type Question = ServerReflectionRequest['messageRequest']
type Ask = (question: Question) => Promise<ServerReflectionResponse['messageResponse']>

/** Asks each question in a call of its own: there are few of them, and one stream for all would have to be paired up. */
function ask(
  transport: Transport,
  method: DescMethodBiDiStreaming & typeof serverReflectionInfo,
  signal: AbortSignal
): Ask {
  return async question => {
    const request = create(ServerReflectionRequestSchema, { messageRequest: question })
    const { message } = await transport.stream(method, signal, undefined, undefined, only(request))
    for await (const { messageResponse } of message) {
      if (messageResponse.case !== 'errorResponse') return messageResponse
      throw new ConnectError(messageResponse.value.errorMessage, messageResponse.value.errorCode)
    }
    throw new ConnectError('no answer', Code.Internal)
  }
}

async function* only<Value>(value: Value): AsyncIterable<Value> {
  yield value
}

/** The files of all services, and whatever they import. */
async function fetchFiles(ask: Ask): Promise<Fetched> {
  const files = new Map<string, FileDescriptorProto>()
  const listed = await ask({ case: 'listServices', value: '*' })
  const services = listed.case === 'listServicesResponse' ? listed.value.service.map(({ name }) => name) : []
  for (const name of services) addFiles(files, await ask({ case: 'fileContainingSymbol', value: name }))
  for (let name = missingFile(files); name !== undefined; name = missingFile(files)) {
    addFiles(files, await ask({ case: 'fileByFilename', value: name }))
    if (!files.has(name)) throw new ConnectError(`${name} is imported and was not sent`, Code.Internal)
  }
  return { services, files: [...files.values()] }
}

function addFiles(files: Map<string, FileDescriptorProto>, answer: ServerReflectionResponse['messageResponse']): void {
  if (answer.case !== 'fileDescriptorResponse') return
  for (const bytes of answer.value.fileDescriptorProto) {
    const file = fromBinary(FileDescriptorProtoSchema, bytes)
    files.set(file.name, file)
  }
  if (files.size > maxFiles) throw new ConnectError(`more than ${maxFiles} files`, Code.ResourceExhausted)
}

function missingFile(files: ReadonlyMap<string, FileDescriptorProto>): string | undefined {
  for (const { dependency } of files.values()) {
    const missing = dependency.find(name => !files.has(name))
    if (missing !== undefined) return missing
  }
  return undefined
}
