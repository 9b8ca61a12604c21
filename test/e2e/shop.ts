import type t from 'tap'
import { buildGateway } from '../../app.ts'
import { startAllServices } from '../../backends/all.ts'
import { startService } from '../../backends/services.ts'
import { createLogger } from '../../backends/shared/log.ts'
import { readSettings, type ServiceName } from '../../backends/shared/settings.ts'
import { loadConfig } from '../../config.ts'
import { startPostgres } from '../backends/helper.ts'
import { holdToContract } from '../openapi.ts'
import { type CallGateway, createClient } from './client.ts'

type Test = Pick<typeof t, 'teardown'>

/** The shop behind the gateway, on free ports and databases of its own. */
export interface Shop {
  url: string
  call: CallGateway
  /** Where each service answers gRPC. */
  serviceUrls: Readonly<Record<ServiceName, string>>
  /** Stops a service as a deployment would. */
  stopService(name: 'product' | 'inventory'): Promise<void>
  /** Starts it again where it was. */
  startService(name: 'product' | 'inventory'): Promise<void>
}

/** What the services and the gateway are set to. */
export const env = {
  NODE_ENV: 'test',
  JWT_SECRET: 'B7q!x2Lw9Zr4Kd8Tn5Vf1Hs6Pc3Gm0Yj',
  SEED_CATALOGUE: 'true',
  LOG_LEVEL: 'silent'
}

/**
 * Starts the five services and the gateway in this process, over real sockets; `overrides` are the gateway's settings, and
 * `ofServices` those of the services.
 */
export async function startShop(
  test: Test,
  overrides: NodeJS.ProcessEnv = {},
  ofServices: NodeJS.ProcessEnv = {}
): Promise<Shop> {
  const postgres = await startPostgres()
  const serverUrl = postgres.url('postgres')
  const services = await startAllServices(serverUrl, { ...env, ...ofServices }, true)
  test.teardown(() => services.close())

  const upstreams = Object.entries(services.urls).map(([name, url]) => [`${name.toUpperCase()}_SERVICE_URL`, url])
  const config = loadConfig({ ...env, HOST: '127.0.0.1', PORT: '0', ...Object.fromEntries(upstreams), ...overrides })
  const gateway = await buildGateway(config)
  test.teardown(() => gateway.close())
  const url = await gateway.listen({ host: config.HOST, port: config.PORT })

  return {
    url,
    call: holdToContract(createClient(url), gateway),
    serviceUrls: services.urls,
    stopService: name => services.servers[name].close(),
    async startService(name) {
      const port = String(services.servers[name].port)
      const settings = readSettings(name, { ...env, PORT: port, DATABASE_URL: postgres.url(databaseOf(name)) })
      services.servers[name] = await startService(name, settings, createLogger(name, 'silent'))
    }
  }
}

function databaseOf(name: ServiceName) {
  return name === 'inventory' ? 'inventory' : `${name}s`
}

/** Opens an account and signs in; every call another account. */
export async function signUp(call: CallGateway, username: string): Promise<string> {
  const account = { email: `${username}@example.com`, username, password: 'correct horse', full_name: username }
  await call('POST', '/api/v1/users/register', { body: account })
  const { body } = await call('POST', '/api/v1/users/login', {
    body: { email: account.email, password: account.password }
  })
  return body.token
}
