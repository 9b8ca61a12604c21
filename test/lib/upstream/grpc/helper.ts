import type t from 'tap'
import type { CallLimits, OnOver } from '../../../../lib/upstream/grpc/attempt.ts'
import type { Call, Policy } from '../../../../lib/upstream/grpc/call.ts'
import { startCall } from '../../../../lib/upstream/grpc/start-call.ts'
import { unavailable } from '../../../../lib/upstream/grpc/stream-status.ts'
import { createWire, type Wire } from '../../../../lib/upstream/grpc/wire.ts'
import { Http2Connection } from '../../../../lib/upstream/http2/connection.ts'
import type { ConnectionOptions } from '../../../../lib/upstream/http2/connection-options.ts'

export interface ConnectWireOptions extends Partial<CallLimits> {
  /** Default: plain for `http://` and Node's own roots for `https://`. */
  tls?: ConnectionOptions['tls']
  policies?: readonly Policy[]
  /** The deadline of a unary call that has none, in milliseconds. Default 20,000. */
  timeoutMs?: number
  /** Is told of each attempt. */
  onOver?: OnOver
  /** For the connection, besides its address. */
  connection?: Partial<ConnectionOptions>
}

/** gRPC over one connection at a time to `url` (`http://host:port` or `https://`); it opens with a call, and ends with the test. */
export function connectWire(t: Tap, url: string, options: ConnectWireOptions = {}): Wire {
  const { policies = [], timeoutMs = 20_000, onOver = () => {} } = options
  const limits: CallLimits = { readMaxBytes: 64 * 1024, writeMaxBytes: 64 * 1024, headersTimeoutMs: 20_000, ...options }
  const room = createRoom(url, options)
  t.teardown(() => room.close())

  async function send(call: Call) {
    return startCall(await room.wait(), call, limits, onOver)
  }
  const withDeadline: Policy = next => call => {
    const isUnary = !call.rpc.requestStreams && !call.rpc.answerStreams
    if (isUnary && call.timeoutMs === undefined) call.lifetime.endAt(performance.now() + timeoutMs)
    return next(call)
  }
  return createWire({ send, policies: [withDeadline, ...policies], writeMaxBytes: limits.writeMaxBytes })
}

type Tap = Pick<typeof t, 'teardown'>

/** A connection that a stream can be opened on: opened when there is none, and again when it can have no more. */
function createRoom(url: string, { tls, connection: own }: ConnectWireOptions) {
  const { protocol, hostname, port, host } = new URL(url)
  const connectionOptions: ConnectionOptions = {
    address: { host: hostname, port: Number(port) },
    tls: tls ?? (protocol === 'https:' ? {} : null),
    connectTimeoutMs: 5_000,
    authority: host,
    ...own
  }
  const opened: Http2Connection[] = []
  let current: Http2Connection | null = null
  let failure: Error | null = null
  let waiting: (() => void)[] = []

  function wake() {
    const woken = waiting
    waiting = []
    for (const go of woken) go()
  }

  function open(): Http2Connection {
    const connection = new Http2Connection(connectionOptions, {
      onReady: wake,
      onRoom: wake,
      onDraining() {
        if (current === connection) current = null
        wake()
      },
      onClosed(error) {
        if (current === connection) {
          current = null
          failure = error
        }
        wake()
      }
    })
    opened.push(connection)
    return connection
  }

  return {
    async wait(): Promise<Http2Connection> {
      failure = null
      for (;;) {
        if (failure !== null) throw unavailable('no connection', failure)
        current ??= open()
        if (current.hasRoom) return current
        await new Promise<void>(resolve => waiting.push(resolve))
      }
    },

    close() {
      for (const connection of opened) connection.destroy()
    }
  }
}
