import { type DescFile, type DescService, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, type ConnectRouter } from '@connectrpc/connect'
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema
} from '../../gen/grpc/reflection/v1/reflection_pb.ts'

type MessageResponse = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>

/**
 * grpc.reflection.v1: tells tools such as grpcurl what this server offers.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function reflectionRoutes(services: DescService[]): (router: ConnectRouter) => void {
  const index = indexFiles(services)

  function answer({ messageRequest: asked }: ServerReflectionRequest): MessageResponse {
    switch (asked.case) {
      case 'listServices': {
        const service = services.map(({ typeName }) => ({ name: typeName }))
        return { case: 'listServicesResponse', value: { service } }
      }
      case 'fileByFilename':
        return fileResponse(index.byName.get(asked.value), asked.value)
      case 'fileContainingSymbol':
        return fileResponse(index.bySymbol.get(asked.value), asked.value)
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = asked.value
        const file = index.byExtension.get(containingType)?.get(extensionNumber)
        return fileResponse(file, `extension ${extensionNumber} of ${containingType}`)
      }
      case 'allExtensionNumbersOfType': {
        const extensionNumber = [...(index.byExtension.get(asked.value)?.keys() ?? [])]
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber } }
      }
      default:
        return errorResponse(Code.InvalidArgument, 'empty request')
    }
  }

  return router =>
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield { validHost: request.host, originalRequest: request, messageResponse: answer(request) }
        }
      }
    })
}

interface FileIndex {
  byName: Map<string, DescFile>
  bySymbol: Map<string, DescFile>
  byExtension: Map<string, Map<number, DescFile>>
}

function indexFiles(services: DescService[]): FileIndex {
  const index: FileIndex = { byName: new Map(), bySymbol: new Map(), byExtension: new Map() }
  const waiting = services.map(service => service.file)
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (index.byName.has(file.proto.name)) continue
    index.byName.set(file.proto.name, file)
    indexSymbols(index, file)
    waiting.push(...file.dependencies)
  }
  return index
}

function indexSymbols(index: FileIndex, file: DescFile): void {
  for (const service of file.services) {
    index.bySymbol.set(service.typeName, file)
    for (const method of service.methods) index.bySymbol.set(`${service.typeName}.${method.name}`, file)
  }
  for (const anEnum of file.enums) index.bySymbol.set(anEnum.typeName, file)
  for (const extension of file.extensions) indexExtension(index, extension.extendee.typeName, extension.number, file)
  const messages = [...file.messages]
  for (let message = messages.pop(); message !== undefined; message = messages.pop()) {
    index.bySymbol.set(message.typeName, file)
    for (const nested of message.nestedEnums) index.bySymbol.set(nested.typeName, file)
    messages.push(...message.nestedMessages)
  }
}

function indexExtension(index: FileIndex, type: string, number: number, file: DescFile): void {
  const numbers = index.byExtension.get(type) ?? new Map<number, DescFile>()
  index.byExtension.set(type, numbers.set(number, file))
}

function fileResponse(file: DescFile | undefined, asked: string): MessageResponse {
  if (file === undefined) return errorResponse(Code.NotFound, `${asked} is not known here`)
  return {
    case: 'fileDescriptorResponse',
    value: { fileDescriptorProto: [toBinary(FileDescriptorProtoSchema, file.proto)] }
  }
}

function errorResponse(errorCode: Code, errorMessage: string): MessageResponse {
  return { case: 'errorResponse', value: { errorCode, errorMessage } }
}
