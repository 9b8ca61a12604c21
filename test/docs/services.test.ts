// docs/services.md says what the services can do; here it is held against the protos, and the services too.
import { readFile } from 'node:fs/promises'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { getOption, hasOption } from '@bufbuild/protobuf'
import type { ConnectRouter } from '@connectrpc/connect'
import t from 'tap'
import { createInventoryService } from '../../backends/inventory/service.ts'
import { createOrderService } from '../../backends/order/service.ts'
import { createPaymentService } from '../../backends/payment/service.ts'
import { createProductService } from '../../backends/product/service.ts'
import type { Backend } from '../../backends/shared/backend.ts'
import { createUserService } from '../../backends/user/service.ts'
import { http } from '../../gen/google/api/annotations_pb.ts'
import { startBackend } from '../backends/helper.ts'

const page = await readFile(new URL('../../docs/services.md', import.meta.url), 'utf8')
// Nobody is called here: the order service only has to know where the others would be.
const nowhere = 'http://127.0.0.1:9'
const peers = { productUrl: nowhere, inventoryUrl: nowhere, paymentUrl: nowhere }
const factories = [
  createUserService,
  createProductService,
  createOrderService,
  createPaymentService,
  createInventoryService
]
const backends: Backend[] = []
for (const factory of factories) backends.push((await startBackend(t, factory, peers)).backend)

function nameOf(method: DescMethod) {
  return `${method.parent.name}.${method.name}`
}

/** The rpcs that a backend registers nothing for. */
function missingRpcs(backend: Backend): string[] {
  const missing: string[] = []
  const router = {
    service(desc: DescService, implementation: object) {
      const names = new Set(Object.keys(implementation))
      missing.push(...desc.methods.filter(method => !names.has(method.localName)).map(nameOf))
      return router
    }
  }
  backend.routes(router as unknown as ConnectRouter)
  return missing
}

t.test('every rpc is built', async t => {
  t.strictSame(backends.flatMap(missingRpcs), [])
})

t.test('every rpc is in the table, with its method and path', async t => {
  for (const method of backends.flatMap(backend => backend.services.flatMap(service => service.methods))) {
    const row = page.split('\n').find(line => line.startsWith(`| ${nameOf(method)} |`))
    if (!t.ok(row, nameOf(method)) || !hasOption(method, http)) continue
    const { pattern } = getOption(method, http)
    t.match(row, `\`${pattern.case!.toUpperCase()} ${pattern.value}\``)
  }
})
