import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { secret, type Test } from '../helper.ts'
import type { InstalledPackage } from './installed-package.ts'

/** Every plugin of the package, by the name of its file. */
export const pluginNames = [
  'completion',
  'tracing',
  'errors',
  'access-log',
  'metrics',
  'drain',
  'guard',
  'overload',
  'limiting',
  'auth',
  'breaking',
  'upstreams',
  'admin',
  'health',
  'transcoding',
  'proxy',
  'openapi'
] as const

export type PluginName = (typeof pluginNames)[number]

/** What plugins are registered with. */
export type Options = { [Name in PluginName]?: object }

/** Options that have no default. A test replaces what it is about. */
export const sound: Options = {
  limiting: { address: { rate: 0.001, burst: 2 } },
  auth: { secret: Buffer.from(secret), issuer: 'shop-user-service', audience: 'shop' }
}

const meta = Symbol.for('plugin-meta')

/** What a plugin needs, by what it says itself. */
export async function needsOf({ load }: InstalledPackage, name: PluginName): Promise<PluginName[]> {
  const { default: plugin } = await load(`sluice/plugins/${name}`)
  return plugin[meta].dependencies.map((need: string) => need.replace(/^sluice-/, ''))
}

export interface Alone {
  app: FastifyInstance
  /** Listens, and tells where. */
  listen(): Promise<string>
}

/** An application with one plugin, what that names as its dependencies, and what those name. */
export async function buildAlone(
  t: Test,
  sluice: InstalledPackage,
  name: PluginName,
  options: Options = {},
  server: FastifyServerOptions = {}
): Promise<Alone> {
  const app = Fastify(server)
  t.teardown(() => app.close())
  const registered = new Set<PluginName>()
  async function register(each: PluginName): Promise<void> {
    if (registered.has(each)) return
    registered.add(each)
    for (const need of await needsOf(sluice, each)) await register(need)
    const plugin = await sluice.load(`sluice/plugins/${each}`)
    await app.register(plugin.default, { ...sound, ...options }[each] ?? {})
  }
  await register(name)
  return { app, listen: () => app.listen({ host: '127.0.0.1', port: 0 }) }
}

/** A plain HTTP service that tells what it was asked. */
export async function startEcho(t: Test): Promise<string> {
  const server = createServer(({ url, headers }, response) => response.end(JSON.stringify({ url, headers })))
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
