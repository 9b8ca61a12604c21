import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type t from 'tap'
import { FrameType, frameHeaderBytes, preface } from '../../../../lib/upstream/http2/frames.ts'

type Tap = Pick<typeof t, 'teardown'>

/** A frame of the client. */
export interface ClientFrame {
  type: number
  flags: number
  streamId: number
  payload: Buffer
}

/** A frame, in bytes. `length` may lie about the payload. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
  length = payload.length
): Buffer {
  const head = Buffer.alloc(frameHeaderBytes)
  head.writeUIntBE(length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** A number of four bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** SETTINGS that say nothing, or what is given. */
export function settings(...values: [id: number, value: number][]): Buffer {
  const payload = values.map(([id, value]) => Buffer.concat([uint32(id).subarray(2), uint32(value)]))
  return frame(FrameType.SETTINGS, 0, 0, Buffer.concat(payload))
}

/** `:status: 200`, by its index in the static table. */
export const status200 = Buffer.from([0x88])

/** A literal field that enters no table. */
export function literal(name: string, value: string): Buffer {
  const text = (content: string) => Buffer.concat([Buffer.from([content.length]), Buffer.from(content, 'latin1')])
  return Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

/** One connection of a client, as its server sees it. */
export class ClientConnection {
  readonly socket: Socket
  readonly frames: ClientFrame[] = []
  /** Whether it ended, by whatever. */
  isClosed = false
  #received = Buffer.alloc(0)
  #sawPreface = false
  #wake: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', chunk => this.#take(chunk))
    socket.once('close', () => {
      this.isClosed = true
      this.#wakeAll()
    })
  }

  send(...parts: Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts))
  }

  /** The first frame of this type, as soon as it is there; null when the connection ends without. */
  async frame(type: number, matches: (frame: ClientFrame) => boolean = () => true): Promise<ClientFrame | null> {
    for (;;) {
      const found = this.frames.find(candidate => candidate.type === type && matches(candidate))
      if (found !== undefined) return found
      if (this.isClosed) return null
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    if (!this.#sawPreface) {
      if (this.#received.length < preface.length) return
      this.#received = this.#received.subarray(preface.length)
      this.#sawPreface = true
    }
    for (;;) {
      const head = this.#received
      const end = head.length < frameHeaderBytes ? Number.POSITIVE_INFINITY : frameHeaderBytes + head.readUIntBE(0, 3)
      if (head.length < end) break
      const payload = head.subarray(frameHeaderBytes, end)
      this.frames.push({ type: head[3]!, flags: head[4]!, streamId: head.readUInt32BE(5), payload })
      this.#received = head.subarray(end)
    }
    this.#wakeAll()
  }

  #wakeAll(): void {
    const woken = this.#wake
    this.#wake = []
    for (const wake of woken) wake()
  }
}

/** A server that says what it is told to, frame by frame. `onClient` is called with each connection; it ends with the test. */
export async function startFrameServer(t: Tap, onClient: (client: ClientConnection) => void | Promise<void>) {
  const server = createServer(socket => {
    t.teardown(() => socket.destroy())
    void onClient(new ClientConnection(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}
