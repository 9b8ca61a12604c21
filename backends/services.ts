import type { Logger } from 'pino'
import type { BackendFactory } from './shared/backend.ts'
import { createTokens } from './shared/identity.ts'
import { createPager } from './shared/paging.ts'
import { type RunningServer, serve } from './shared/serve.ts'
import type { ServiceName, ServiceSettings } from './shared/settings.ts'

/** Loads one service and nothing of the others. */
const factories: Record<ServiceName, () => Promise<BackendFactory>> = {
  user: async () => (await import('./user/service.ts')).createUserService,
  product: async () => (await import('./product/service.ts')).createProductService,
  order: async () => (await import('./order/service.ts')).createOrderService,
  payment: async () => (await import('./payment/service.ts')).createPaymentService,
  inventory: async () => (await import('./inventory/service.ts')).createInventoryService
}

/** Opens a service and serves it. When it cannot listen, everything that it opened is closed again. */
export async function startService(name: ServiceName, settings: ServiceSettings, log: Logger): Promise<RunningServer> {
  const createBackend = await factories[name]()
  const tokens = createTokens(settings)
  const backend = await createBackend(settings, { log, tokens, pager: createPager(settings.secret) })
  try {
    return await serve(backend, { host: settings.host, port: settings.port, log, tokens })
  } catch (error) {
    await backend.close()
    throw error
  }
}
