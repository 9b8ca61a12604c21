import type { BytesValue } from '@bufbuild/protobuf/wkt'
import { type Client, createClient } from '@connectrpc/connect'
import { type Channel, createChannel } from '../../lib/upstream/channel/channel.ts'
import type { ChannelOptions } from '../../lib/upstream/channel/options.ts'
import type { Policy } from '../../lib/upstream/grpc/call.ts'
import { createTransport } from '../../lib/upstream/grpc/connect-transport.ts'
import { createWire, type Wire } from '../../lib/upstream/grpc/wire.ts'
import { InteropService } from '../fixtures/gen/fixture/v1/interop_pb.ts'
import type { Seen } from './ask.ts'
import type { Server, ServerOptions, StartServer, Tap } from './servers/server.ts'
import { authority } from './subjects.ts'

export const MiB = 1024 * 1024

/** The most that a message may hold here, in bytes. */
const maxBytes = 32 * MiB

/** A client that ends with the test. */
export interface Opened {
  channel: Channel
  wire: Wire
  client: Client<typeof InteropService>
}

export interface OpenOptions extends Partial<ChannelOptions> {
  /** What wraps each call. Default: nothing. */
  policies?: readonly Policy[]
}

/** Opens a channel to a server, or to several. */
export function open(
  t: Tap,
  servers: Server | readonly Server[],
  { policies = [], ...options }: OpenOptions = {}
): Opened {
  const targets = [servers].flat().map(({ port, isSecure }) => `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`)
  const channel = createChannel({
    name: 'interop',
    target: targets.join(),
    tls: { ca: authority.cert },
    health: { mode: 'off' },
    readMaxBytes: maxBytes,
    writeMaxBytes: maxBytes,
    ...options
  })
  t.teardown(() => channel.close())
  const wire = createWire({ send: channel.send, policies, writeMaxBytes: maxBytes })
  return { channel, wire, client: createClient(InteropService, createTransport(wire)) }
}

export interface Started extends Opened {
  server: Server
  /** What the server has seen of the calls of this name. It is asked on a connection of its own. */
  seen(id: string): Promise<Seen>
  /** Lets calls go on that wait. */
  release(id: string): Promise<void>
}

/** Starts a server, and opens a channel to it. */
export async function startAndOpen(
  t: Tap,
  start: StartServer,
  serverOptions: ServerOptions = {},
  openOptions: OpenOptions = {}
): Promise<Started> {
  const server = await start(t, serverOptions)
  const control = open(t, server).client
  return {
    server,
    ...open(t, server, openOptions),
    async seen(id) {
      return JSON.parse((await control.inspect({ value: id })).value)
    },
    async release(id) {
      await control.release({ value: id })
    }
  }
}

/** How long the messages of an answer are. */
export async function lengths(messages: AsyncIterable<BytesValue>): Promise<number[]> {
  const all: number[] = []
  for await (const { value } of messages) all.push(value.length)
  return all
}
