import { once } from 'node:events'
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Code, ConnectError, type ConnectRouter, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { SignJWT } from 'jose'
import type t from 'tap'
import { buildGateway } from '../app.ts'
import { loadConfig } from '../config.ts'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../gen/grpc/health/v1/health_pb.ts'
import { InventoryService } from '../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService, OrderStatus } from '../gen/shop/order/v1/order_pb.ts'
import { PaymentService } from '../gen/shop/payment/v1/payment_pb.ts'
import { ProductService, ProductStatus } from '../gen/shop/product/v1/product_pb.ts'
import { UserService } from '../gen/shop/user/v1/user_pb.ts'
import { holdToContract } from './openapi.ts'

export type Test = Pick<typeof t, 'teardown'>

export const secret = 'B7q!x2Lw9Zr4Kd8Tn5Vf1Hs6Pc3Gm0Yj'
export const userId = '0198c2d4-0000-7000-8000-000000000001'
export const productIds = ['0198c2d4-0000-7000-8000-0000000000a1', '0198c2d4-0000-7000-8000-0000000000a2']
export const orderId = '0198c2d4-0000-7000-8000-0000000000b1'

/** What the fake shop answers; a test replaces what it is about. */
export interface Shop {
  user?: Partial<ServiceImpl<typeof UserService>>
  product?: Partial<ServiceImpl<typeof ProductService>>
  order?: Partial<ServiceImpl<typeof OrderService>>
  payment?: Partial<ServiceImpl<typeof PaymentService>>
  inventory?: Partial<ServiceImpl<typeof InventoryService>>
  health?: Partial<ServiceImpl<typeof Health>>
}

/** A real gRPC server with canned answers. It remembers its calls. */
export interface FakeUpstream {
  url: string
  /** The calls so far, in order, but for questions about its health. */
  calls: FakeCall[]
  /** Questions about its health so far. */
  healthCalls: FakeCall[]
  /** Stops listening and cuts all connections. */
  stop(): Promise<void>
  /** Listens again, on the same port. */
  start(): Promise<void>
}

export interface FakeCall {
  /** `shop.order.v1.OrderService/GetOrder`. */
  rpc: string
  header: Headers
  /** Aborted when the call was cancelled, or its deadline passed. */
  signal: AbortSignal
}

export interface Built {
  gateway: FastifyInstance
  url: string
  upstream: FakeUpstream
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

export interface CallOptions {
  /** An object is sent as JSON, a text as it is. */
  body?: unknown
  token?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a client's view of JSON; the checks say what it must be
  body: any
}

/**
 * A gateway that listens on a free port, before a fake shop; both end with the test. `env` replaces settings, and `routes`
 * is a route plugin besides those of the shop.
 */
export async function build(
  t: Test,
  env: NodeJS.ProcessEnv = {},
  shop: Shop = {},
  routes?: FastifyPluginAsync
): Promise<Built> {
  const upstream = await startUpstream(t, shop)
  const gateway = buildGateway(loadConfig({ ...settings(upstream.url), ...env }))
  if (routes !== undefined) gateway.register(routes)
  t.teardown(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return { gateway, url, upstream, call: holdToContract(createCall(url), gateway) }
}

/** The environment of a gateway whose upstreams are all at `url`. */
export function settings(url: string): NodeJS.ProcessEnv {
  const names = ['USER', 'PRODUCT', 'ORDER', 'PAYMENT', 'INVENTORY']
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET: secret,
    // What is down is told at once, when a test is not about waiting for it.
    UPSTREAM_WAIT_FOR_READY_MS: '0',
    ...Object.fromEntries(names.map(name => [`${name}_SERVICE_URL`, url]))
  }
}

export function createCall(url: string): Built['call'] {
  return async (method, path, { body, token, headers, signal } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal })
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return { status: response.status, headers: response.headers, text, body: isJson && text ? JSON.parse(text) : null }
  }
}

/** The token of a user as the user service signs it. `claims` replaces claims; one that is undefined is left out. */
export function signToken(claims: Record<string, unknown> = {}, { key = secret, alg = 'HS256' } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const standard = { iss: 'shop-user-service', aud: 'shop', sub: userId, user_id: userId, iat: now, exp: now + 3600 }
  return new SignJWT({ ...standard, roles: ['customer'], ...claims })
    .setProtectedHeader({ alg, typ: 'JWT' })
    .sign(Buffer.from(key))
}

/** A certificate and its key, in PEM. */
export interface ServerTls {
  cert: string
  key: string
}

/** A gRPC server on a free port that answers for the whole shop; in plain text, unless it has a certificate. */
export async function startUpstream(t: Test, shop: Shop = {}, tls: ServerTls | null = null): Promise<FakeUpstream> {
  const calls: FakeCall[] = []
  const healthCalls: FakeCall[] = []
  const handler = connectNodeAdapter({
    grpcWeb: false,
    connect: false,
    routes: router => addRoutes(router, shop),
    interceptors: [
      next => request => {
        const isHealth = request.service.typeName === Health.typeName
        const seen = isHealth ? healthCalls : calls
        seen.push({
          rpc: `${request.service.typeName}/${request.method.name}`,
          header: request.header,
          signal: request.signal
        })
        return next(request)
      }
    ]
  })
  let server = await listen(handler, 0, tls)
  const { port } = server.address() as AddressInfo
  const upstream: FakeUpstream = {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    calls,
    healthCalls,
    async stop() {
      await server.stop()
    },
    async start() {
      server = await listen(handler, port, tls)
    }
  }
  t.teardown(() => upstream.stop())
  return upstream
}

type StoppableServer = Http2Server & { stop(): Promise<void> }

async function listen(
  handler: Parameters<typeof createServer>[1],
  port: number,
  tls: ServerTls | null
): Promise<StoppableServer> {
  const sessions = new Set<ServerHttp2Session>()
  const server = tls === null ? createServer({}, handler) : createSecureServer({ ...tls }, handler)
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  async function stop() {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const session of sessions) session.destroy()
    await closed
  }
  return Object.assign(server, { stop })
}

function addRoutes(router: ConnectRouter, shop: Shop): void {
  router.service(Health, { check: () => ({ status: ServingStatus.SERVING }), ...shop.health })
  router.service(UserService, { getMe: () => ({ id: userId, username: 'ada' }), ...shop.user })
  router.service(ProductService, {
    listProducts: () => ({ products: productIds.map(newProduct), page: 1, pageSize: 20, totalSize: 2 }),
    getProduct: ({ productId }) => newProduct(productId),
    listCategories: () => ({ categories: [{ name: 'food', productCount: 2 }] }),
    ...shop.product
  })
  router.service(OrderService, {
    createOrder: request => ({
      orderId,
      status: OrderStatus.CONFIRMED,
      order: { id: orderId, userId: request.userId }
    }),
    getOrder: request => ({ id: request.orderId, userId, status: OrderStatus.CONFIRMED, etag: '"7"' }),
    ...shop.order
  })
  router.service(PaymentService, { ...shop.payment })
  router.service(InventoryService, {
    batchGetStock: request => ({
      stocks: request.productIds.map((productId, index) => ({ productId, available: index + 5 }))
    }),
    ...shop.inventory
  })
}

function newProduct(id: string) {
  return {
    id,
    name: 'apple',
    status: ProductStatus.ACTIVE,
    price: { currencyCode: 'USD', amountMinor: 199n },
    etag: '"1"'
  }
}

/** A handler that never answers; it ends when the call is cancelled. */
export function hang(_request: unknown, context: HandlerContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    context.signal.addEventListener('abort', () => reject(new ConnectError('cancelled', Code.Canceled)), { once: true })
  })
}

/** Waits until `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 5))
}
