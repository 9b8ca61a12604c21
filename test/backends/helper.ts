import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DescService } from '@bufbuild/protobuf'
import { type Client, ConnectError, createClient, type Interceptor } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { pino } from 'pino'
import t from 'tap'
import { type RunningPostgres, startEmbeddedPostgres } from '../../backends/embedded-postgres.ts'
import type { Backend, BackendFactory } from '../../backends/shared/backend.ts'
import { createTokens, type Tokens } from '../../backends/shared/identity.ts'
import { newId } from '../../backends/shared/ids.ts'
import { createPager } from '../../backends/shared/paging.ts'
import { type RunningServer, serve } from '../../backends/shared/serve.ts'
import type { ServiceSettings } from '../../backends/shared/settings.ts'

/** What the helpers need of a test. */
export type Test = Pick<typeof t, 'teardown'>

/** The key that the tests sign with. */
export const testSecret = 'a secret of the tests, 32 bytes or more'

// Durability is what a test throws away anyway; without it, starting and writing are several times as fast.
const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=16MB']
const attempts = 3

/** A server without databases of our own: `url(name)` is the URL of one, which need not exist. */
export interface TestPostgres {
  url(database: string): string
}

let running: Promise<TestPostgres> | undefined

/** The PostgreSQL of this test file: real, on a free port, started with the first call, gone when the file ends. */
export function startPostgres(_t?: Test): Promise<TestPostgres> {
  running ??= launchPostgres()
  return running
}

async function launchPostgres(): Promise<TestPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-postgres-'))
  const removeData = () => Promise.all([dataDir, `${dataDir}.password`].map(path => rm(path, { recursive: true })))
  try {
    const server = await startOnFreePort(dataDir)
    // The root test of the file: its teardown runs after those of all tests in it.
    t.teardown(async () => {
      await server.stop()
      await removeData()
    })
    return { url: database => new URL(`/${database}`, server.url).href }
  } catch (error) {
    await removeData()
    throw error
  }
}

/** A port that was free a moment ago may be taken when PostgreSQL wants it. */
async function startOnFreePort(dataDir: string): Promise<RunningPostgres> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startEmbeddedPostgres({ dataDir, settings })
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}

/** A service that runs for one test. */
export interface TestBackend {
  url: string
  databaseUrl: string
  settings: ServiceSettings
  tokens: Tokens
  backend: Backend
  /** A signed access token; `roles` defaults to customer. */
  userToken(userId: string, roles?: string[]): Promise<string>
  /** A client that calls with `token`, or with none. */
  client<Service extends DescService>(service: Service, token?: string): Client<Service>
  /** Stops it before the test ends. */
  close(): Promise<void>
}

/**
 * Starts a service on a free port, on an empty database of its own, or on that of `overrides.databaseUrl`. Everything is
 * closed when the test ends.
 */
export async function startBackend(
  test: Test,
  factory: BackendFactory,
  overrides: Partial<ServiceSettings> = {}
): Promise<TestBackend> {
  const settings: ServiceSettings = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: overrides.databaseUrl ?? (await startPostgres(test)).url(`test_${newId().replaceAll('-', '')}`),
    secret: testSecret,
    issuer: 'shop-user-service',
    audience: 'shop',
    logLevel: 'silent',
    seedCatalogue: false,
    ...overrides
  }
  const tokens = createTokens(settings)
  const log = pino({ level: settings.logLevel })
  const backend = await factory(settings, { log, tokens, pager: createPager(settings.secret) })
  const server = await serve(backend, { host: settings.host, port: settings.port, log, tokens })
  test.teardown(() => server.close())
  const client = createClients(server, test)
  return {
    url: server.url,
    databaseUrl: settings.databaseUrl,
    settings,
    tokens,
    backend,
    async userToken(userId, roles = ['customer']) {
      const { token } = await tokens.signUser({ userId, roles, tokenVersion: 0 })
      return token
    },
    client,
    close: () => server.close()
  }
}

function createClients(server: RunningServer, test: Test) {
  const sessionManager = new Http2SessionManager(server.url)
  test.teardown(() => sessionManager.abort())
  return <Service extends DescService>(service: Service, token?: string): Client<Service> => {
    const interceptors = token === undefined ? [] : [sendToken(token)]
    return createClient(service, createGrpcTransport({ baseUrl: server.url, sessionManager, interceptors }))
  }
}

function sendToken(token: string): Interceptor {
  return next => request => {
    request.header.set('authorization', `Bearer ${token}`)
    return next(request)
  }
}

/** The refusal that a call ends with; fails when it ends otherwise. */
export async function refusalOf(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.then(
    () => new Error('the call was not refused'),
    (error: unknown) => error
  )
  if (outcome instanceof ConnectError) return outcome
  throw outcome
}
