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
import { createChannel } from './lib/upstream/channel/channel.ts'
import { createTransport } from './lib/upstream/grpc/connect-transport.ts'
import { createWire } from './lib/upstream/grpc/wire.ts'
import type { UpstreamName } from './plugins/upstreams.ts'
import { fail, run } from './run.ts'
import { upstreamSettings } from './upstream-settings.ts'

/** How long an upstream may take to describe itself, in milliseconds. */
const reflectionTimeoutMs = 10_000
/** The most that one question may hold, in bytes. */
const reflectionMaxBytes = 64 * 1024

/** A service, where it is, and the types of its messages. */
interface Served {
  service: DescService
  /** As in the arguments. */
  target: string
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
  const targets = [...new Set(served.map(({ target }) => target))]
  const names = namesOf(targets)
  const gateway = buildEdge(config, Object.fromEntries(targets.map(target => [names.get(target)!, { target }])))
  gateway.register(async function services(scope) {
    for (const { service, target, registry } of served) {
      scope.transcode(service, {
        upstream: names.get(target)! as UpstreamName,
        registry,
        methods: args.isPublic ? openMethods(service) : {}
      })
    }
  })
  return gateway
}

/** Two targets that differ by their scheme alone are called as they are written. */
function namesOf(targets: readonly string[]): ReadonlyMap<string, string> {
  const short = targets.map(nameOf)
  const isTwice = (name: string) => short.indexOf(name) !== short.lastIndexOf(name)
  return new Map(targets.map(target => [target, isTwice(nameOf(target)) ? target : nameOf(target)]))
}

/** What an upstream is called in metrics, in `/ready` and in the names of circuits. */
function nameOf(target: string): string {
  return target.replace(/\b[a-z]+:\/\/+/g, '')
}

async function read(file: string, { upstreams }: Arguments): Promise<Served[]> {
  const registry = readDescriptorSet(await readBytes(file), file)
  const services = servedServices(registry)
  const everywhere = upstreams.find(({ service }) => service === null)
  const named = new Map(upstreams.map(({ service, target }) => [service, target]))
  const served = services.flatMap(service => {
    const target = named.get(service.typeName) ?? everywhere?.target
    return target === undefined ? [] : [{ service, target, registry }]
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
  for (const { service: only, target } of upstreams) {
    const { services, registry } = await describe(target, config)
    const offered = only === null ? services : services.filter(name => name === only)
    const found = servedServices(registry, offered).map(service => ({ service, target, registry }))
    served.push(...notEmpty(found, target))
  }
  return served
}

/** Asks an upstream what it serves. */
async function describe(target: string, config: Config): ReturnType<typeof reflectDescriptors> {
  const { tls = null } = upstreamSettings(config)
  const channel = createChannel({
    name: nameOf(target),
    target,
    tls,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    // What is not there is told at once: nothing is served before it is.
    waitForReadyMs: 0,
    health: { mode: 'off' }
  })
  const wire = createWire({ send: channel.send, writeMaxBytes: reflectionMaxBytes })
  try {
    return await reflectDescriptors(createTransport(wire), target, reflectionTimeoutMs)
  } finally {
    channel.close()
  }
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
