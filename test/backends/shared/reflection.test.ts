import { create, createFileRegistry, fromBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse
} from '../../../gen/grpc/reflection/v1/reflection_pb.ts'
import type { Test } from '../helper.ts'
import { startEcho } from './echo.ts'

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>
type Answer = ServerReflectionResponse['messageResponse']

/** A client that asks one question after the other on one stream. */
async function startAsking(t: Test): Promise<(...questions: Question[]) => Promise<Answer[]>> {
  const { client } = await startEcho(t)
  return async (...questions) => {
    async function* requests() {
      for (const messageRequest of questions) yield { messageRequest }
    }
    const answers: Answer[] = []
    for await (const { messageResponse } of client(ServerReflection).serverReflectionInfo(requests())) {
      answers.push(messageResponse)
    }
    return answers
  }
}

function filesOf(answer: Answer | undefined): FileDescriptorProto[] {
  if (answer?.case !== 'fileDescriptorResponse') throw new Error(`answered ${answer?.case}`)
  return answer.value.fileDescriptorProto.map(bytes => fromBinary(FileDescriptorProtoSchema, bytes))
}

/** A file after all that it imports: the order that descriptors are read in. */
function dependenciesFirst(files: Map<string, FileDescriptorProto>, name: string): FileDescriptorProto[] {
  const file = files.get(name)
  if (file === undefined) throw new Error(`${name} is missing`)
  return [...new Set([...file.dependency.flatMap(each => dependenciesFirst(files, each)), file])]
}

t.test('a tool learns which services there are, without a token', async t => {
  const ask = await startAsking(t)
  const [answer] = await ask({ case: 'listServices', value: '' })
  t.match(answer, {
    case: 'listServicesResponse',
    value: {
      service: [
        { name: 'shop.order.v1.OrderService' },
        { name: 'shop.inventory.v1.InventoryService' },
        { name: 'grpc.health.v1.Health' },
        { name: 'grpc.reflection.v1.ServerReflection' }
      ]
    }
  })
})

t.test('a tool can gather all that it needs to call a method', async t => {
  const ask = await startAsking(t)
  const gathered = new Map<string, FileDescriptorProto>()
  let files = filesOf((await ask({ case: 'fileContainingSymbol', value: 'shop.order.v1.OrderService' }))[0])
  while (files.length > 0) {
    for (const file of files) gathered.set(file.name, file)
    const missing = new Set(files.flatMap(file => file.dependency).filter(name => !gathered.has(name)))
    const answers = await ask(...[...missing].map(value => ({ case: 'fileByFilename', value }) as const))
    files = answers.flatMap(filesOf)
  }
  const file = dependenciesFirst(gathered, 'shop/order/v1/order.proto')
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }))
  t.ok(registry.getService('shop.order.v1.OrderService')?.method.createOrder)
})

t.test('methods, messages, nested messages and enums are symbols', async t => {
  const ask = await startAsking(t)
  const symbols = ['shop.order.v1.OrderService.GetOrder', 'shop.order.v1.Order', 'shop.order.v1.OrderStatus']
  const answers = await ask(...symbols.map(value => ({ case: 'fileContainingSymbol', value }) as const))
  for (const answer of answers) t.equal(filesOf(answer)[0]?.name, 'shop/order/v1/order.proto')
})

t.test('extensions are found by what they extend', async t => {
  const ask = await startAsking(t)
  const containingType = 'google.protobuf.MethodOptions'
  const [file, numbers] = await ask(
    { case: 'fileContainingExtension', value: { containingType, extensionNumber: 50790 } },
    { case: 'allExtensionNumbersOfType', value: containingType }
  )
  t.equal(filesOf(file)[0]?.name, 'sluice/v1/policy.proto')
  t.ok(numbers?.case === 'allExtensionNumbersResponse' && numbers.value.extensionNumber.includes(50790))
})

t.test('what is not here is answered with an error, and the stream goes on', async t => {
  const ask = await startAsking(t)
  const [missing, empty, found] = await ask(
    { case: 'fileContainingSymbol', value: 'shop.cart.v1.Cart' },
    { case: undefined },
    { case: 'fileByFilename', value: 'sluice/v1/policy.proto' }
  )
  t.match(missing, { case: 'errorResponse', value: { errorCode: 5 } })
  t.match(empty, { case: 'errorResponse', value: { errorCode: 3 } })
  t.equal(filesOf(found).length, 1)
})
