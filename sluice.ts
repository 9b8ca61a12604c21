#!/usr/bin/env node
// `sluice`: serves services that no TypeScript was written for, from their descriptors.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type DescMethod, type DescService, hasOption, type Registry } from '@bufbuild/protobuf'
import type { FastifyInstance } from 'fastify'
import { buildEdge } from './app.ts'
import type { Config } from './config.ts'
import { StartError } from './errors.ts'
import { policy } from './gen/sluice/v1/policy_pb.ts'
import { type Arguments, parseArguments, usage } from './lib/cli/arguments.ts'
import { readDescriptorSet, servedServices } from './lib/descriptors/descriptor-set.ts'
import { reflectDescriptors } from './lib/descriptors/reflection.ts'
import { httpRules } from './lib/httprule/rules.ts'
import { createChannel } from './lib/upstream/channel.ts'
import type { UpstreamName } from './plugins/upstreams.ts'
import { fail, run } from './run.ts'

/** How long an upstream may take to describe itself, in milliseconds. */
const reflectionTimeoutMs = 10_000

/** A service, where it is, and the types of its messages. */
interface Served {
  service: DescService
  url: string
  registry: Registry
}

try {
  const args = parseArguments(process.argv.slice(2))
  if (args.help) process.stdout.write(usage)
  else await run(config => build(args, config), environment(args))
} catch (error) {
  fail(error)
}

/** Without a key no token can be valid, and that is all that is lost: what is public can be served all the same. */
function environment({ port }: Arguments): NodeJS.ProcessEnv {
  const env = { ...process.env }
  if (port !== null) env.PORT = port
  if ((env.JWT_SECRET ?? '') === '') {
    env.JWT_SECRET = randomBytes(32).toString('hex')
    console.error('sluice: JWT_SECRET is not set: no token is valid, only public methods can be called')
  }
  return env
}

async function build(args: Arguments, config: Config): Promise<FastifyInstance> {
  const served = args.descriptors === null ? await reflect(args, config) : await read(args.descriptors, args)
  const urls = [...new Set(served.map(({ url }) => url))]
  const gateway = buildEdge(config, Object.fromEntries(urls.map(url => [nameOf(url), { url }])))
  gateway.register(async function services(scope) {
    for (const { service, url, registry } of served) {
      scope.transcode(service, {
        upstream: nameOf(url) as UpstreamName,
        registry,
        methods: args.isPublic ? openMethods(service) : {}
      })
    }
  })
  return gateway
}

/** What an upstream is called in metrics, in `/ready` and in the names of circuits. */
function nameOf(url: string): string {
  return new URL(url).host
}

async function read(file: string, { upstreams }: Arguments): Promise<Served[]> {
  const registry = readDescriptorSet(await readBytes(file), file)
  const services = servedServices(registry)
  const everywhere = upstreams.find(({ service }) => service === null)
  const named = new Map(upstreams.map(({ service, url }) => [service, url]))
  const served = services.flatMap(service => {
    const url = named.get(service.typeName) ?? everywhere?.url
    return url === undefined ? [] : [{ service, url, registry }]
  })
  for (const { service } of upstreams) {
    if (service !== null && !services.some(({ typeName }) => typeName === service)) {
      throw new StartError('SLUICE_ERR_DESCRIPTORS_INVALID', [file, `no service ${service} with an HTTP rule`])
    }
  }
  return notEmpty(served, file)
}

async function reflect({ upstreams }: Arguments, config: Config): Promise<Served[]> {
  const served: Served[] = []
  for (const { service: only, url } of upstreams) {
    const channel = createChannel({
      url,
      connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
      headersTimeoutMs: reflectionTimeoutMs
    })
    try {
      const { services, registry } = await reflectDescriptors(channel.transport, url, reflectionTimeoutMs)
      const offered = only === null ? services : services.filter(name => name === only)
      served.push(
        ...notEmpty(
          servedServices(registry, offered).map(service => ({ service, url, registry })),
          url
        )
      )
    } finally {
      channel.close()
    }
  }
  return served
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new StartError('SLUICE_ERR_DESCRIPTORS_INVALID', [file, (error as Error).message], { cause: error })
  }
}

function notEmpty(served: Served[], source: string): Served[] {
  if (served.length > 0) return served
  throw new StartError('SLUICE_ERR_DESCRIPTORS_INVALID', [source, 'no service with an HTTP rule has an upstream'])
}

/** Opens what says nothing about who may call it. What says something, means it. */
function openMethods(service: DescService): Record<string, { access: 'public' }> {
  const silent = (method: DescMethod) => !hasOption(method, policy) && httpRules(method).length > 0
  return Object.fromEntries(service.methods.filter(silent).map(method => [method.localName, { access: 'public' }]))
}
