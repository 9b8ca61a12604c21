import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node'
import t from 'tap'
import { reflectionRoutes } from '../../../backends/shared/reflection.ts'
import { ServerReflection } from '../../../gen/grpc/reflection/v1/reflection_pb.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { servedServices } from '../../../lib/descriptors/descriptor-set.ts'
import { reflectDescriptors } from '../../../lib/descriptors/reflection.ts'

/** Serves over real HTTP/2, and asks there. */
async function reflect(t: Test, routes: (router: ConnectRouter) => void, timeoutMs = 10_000) {
  const server = createServer(connectNodeAdapter({ routes }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', session => sessions.add(session))
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return reflectDescriptors(createGrpcTransport({ baseUrl }), 'the server', timeoutMs)
}

type Test = Pick<typeof t, 'teardown'>

/** Registers the service under the name that it had before it was stable. */
function alpha(routes: (router: ConnectRouter) => void): (router: ConnectRouter) => void {
  return router =>
    routes({
      ...router,
      service: (service, implementation, options) => {
        const typeName = service.typeName.replace('.v1.', '.v1alpha.')
        return router.service({ ...service, typeName } as typeof service, implementation, options)
      }
    })
}

t.test('the services of a server are told with their HTTP rules', async t => {
  const { registry, services } = await reflect(t, reflectionRoutes([ProductService, OrderService]))
  const names = servedServices(registry, services).map(({ typeName }) => typeName)
  // Its file imports that of the payments, which this server does not offer.
  t.same(names.toSorted(), ['shop.order.v1.OrderService', 'shop.product.v1.ProductService'])
})

t.test('a server that knows only the older version of the protocol is asked in that', async t => {
  const { registry, services } = await reflect(t, alpha(reflectionRoutes([ProductService])))
  t.same(
    servedServices(registry, services).map(({ typeName }) => typeName),
    ['shop.product.v1.ProductService']
  )
})

t.test('a server without reflection is refused by name', async t => {
  await t.rejects(
    reflect(t, () => {}),
    { code: 'SLUICE_ERR_DESCRIPTORS_INVALID', message: /^the server: server reflection: / }
  )
})

t.test('a server that does not answer is given up', async t => {
  const routes = (router: ConnectRouter) =>
    router.service(ServerReflection, {
      // biome-ignore lint/correctness/useYield: a stream that never says anything
      async *serverReflectionInfo(_requests, { signal }) {
        await once(signal, 'abort')
      }
    })
  await t.rejects(reflect(t, routes, 200), { code: 'SLUICE_ERR_DESCRIPTORS_INVALID', message: /server reflection/ })
})

t.test('what the server answers as an error is told', async t => {
  const routes = (router: ConnectRouter) =>
    router.service(ServerReflection, {
      // biome-ignore lint/correctness/useYield: the error is the answer
      async *serverReflectionInfo() {
        throw new ConnectError('not for you', Code.PermissionDenied)
      }
    })
  await t.rejects(reflect(t, routes), { message: 'the server: server reflection: not for you' })
})
