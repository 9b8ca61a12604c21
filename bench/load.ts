import { connect, type Socket } from 'node:net'

/** What is asked for again and again. */
export interface Target {
  url: string
  path: string
  /** The server ends the connection with each answer. */
  closes: boolean
  /** What the requests say besides, such as a token. */
  headers?: Readonly<Record<string, string>>
}

const headEnd = '\r\n\r\n'
/** The last chunk of an answer without a known length (RFC 9112, section 7.1). */
const lastChunk = Buffer.from('0\r\n\r\n')

/**
 * One connection of a client of HTTP/1.1 that does little else than count: a real one takes more time than the server that
 * it is to load. It asks for one path, one request at a time, and takes an answer that it does not understand for an error.
 */
class Client {
  readonly #target: Target
  readonly #request: Buffer
  #socket: Socket | null = null
  #done: (error: Error | null) => void = () => {}
  #head: Buffer | null = null
  /** Bytes of the body that are to come; null while the head is read. */
  #left: number | null = null
  #last: Buffer = Buffer.alloc(0)
  /** A server under pressure ends connections with their answers. */
  #isLast = false

  constructor(target: Target) {
    this.#target = target
    const headers = Object.entries({ Host: new URL(target.url).host, ...target.headers })
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
    this.#request = Buffer.from(`GET ${target.path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  }

  get(done: (error: Error | null) => void): void {
    this.#done = done
    this.#socket ??= this.#open()
    this.#socket.write(this.#request)
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const { hostname: host, port } = new URL(this.#target.url)
    const socket = connect({ host, port: Number(port), noDelay: true })
    socket.on('data', chunk => this.#onData(chunk))
    socket.once('end', () => this.#onEnd())
    socket.once('error', error => this.#done(error))
    return socket
  }

  #onData(chunk: Buffer): void {
    this.#last = chunk
    if (this.#left === null) this.#readHead(chunk)
    else this.#left -= chunk.length
    if (this.#left !== 0) return
    this.#left = null
    if (this.#isLast) this.#leave()
    this.#done(null)
  }

  #readHead(chunk: Buffer): void {
    const bytes = this.#head === null ? chunk : Buffer.concat([this.#head, chunk])
    const end = bytes.indexOf(headEnd)
    this.#head = end === -1 ? bytes : null
    if (end === -1) return
    const head = bytes.toString('latin1', 0, end)
    if (!head.startsWith('HTTP/1.1 200')) this.#done(new Error(head))
    this.#isLast = /^connection: close/im.test(head)
    const length = /^content-length: (\d+)$/im.exec(head)?.[1] ?? Number.POSITIVE_INFINITY
    this.#left = Number(length) - (bytes.length - end - headEnd.length)
  }

  #leave(): void {
    this.#socket?.removeAllListeners('end').destroy()
    this.#socket = null
  }

  #onEnd(): void {
    this.#socket = null
    this.#left = null
    const isWhole = this.#target.closes && this.#last.subarray(-lastChunk.length).equals(lastChunk)
    this.#done(isWhole ? null : new Error('the answer is cut off'))
  }
}

/**
 * Closed loop: so many clients, of which each asks again as soon as it is answered, for so long.
 *
 * @returns how many answers there were
 */
export async function loadFor(target: Target, concurrency: number, durationMs: number): Promise<number> {
  const end = performance.now() + durationMs
  let answers = 0
  function work(client: Client) {
    return new Promise<void>((resolve, reject) => {
      function next(error: Error | null) {
        if (error !== null) return reject(error)
        answers++
        if (performance.now() < end) client.get(next)
        else resolve()
      }
      client.get(next)
    })
  }
  const clients = Array.from({ length: concurrency }, () => new Client(target))
  try {
    await Promise.all(clients.map(work))
  } finally {
    for (const client of clients) client.close()
  }
  return answers
}

/** More connections than an open loop needs while the server keeps up. */
const openLoopClients = 128

/**
 * Open loop: so many requests a second, whether or not those before were answered. What is due leaves once a millisecond.
 *
 * @returns how long each took, in milliseconds from when it was due: one that had to wait for its turn has waited for the server
 */
export async function loadAt(target: Target, perSecond: number, durationMs: number): Promise<number[]> {
  const clients = Array.from({ length: openLoopClients }, () => new Client(target))
  const idle = [...clients]
  const due: number[] = []
  const latencies: number[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const total = Math.floor((perSecond * durationMs) / 1000)
  const start = performance.now()
  let planned = 0

  function send(client: Client, dueAt: number) {
    client.get(error => {
      if (error !== null) return reject(error)
      latencies.push(performance.now() - dueAt)
      if (latencies.length === total) return resolve()
      const waiting = due.shift()
      if (waiting === undefined) idle.push(client)
      else send(client, waiting)
    })
  }
  function plan() {
    const now = Math.floor(performance.now() - start)
    while (planned < Math.min(total, (now * perSecond) / 1000)) {
      const dueAt = start + Math.ceil((planned++ / perSecond) * 1000)
      const client = idle.pop()
      if (client === undefined) due.push(dueAt)
      else send(client, dueAt)
    }
  }
  const timer = setInterval(plan, 1)
  try {
    await promise
  } finally {
    clearInterval(timer)
    for (const client of clients) client.close()
  }
  return latencies
}
