import { Code, ConnectError } from '@connectrpc/connect'
import type { Http2Connection } from '../http2/connection.ts'
import { Attempt, type CallLimits, type OnOver } from './attempt.ts'
import type { Call, StreamAnswer } from './call.ts'
import type { Frame } from './framing.ts'
import { timedOut } from './lifetime.ts'
import { MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import type { Rpc } from './rpc.ts'

/** Messages go out, or come back, or both; each side at the pace of the slower one. It is its own answer. */
export class StreamCall extends Attempt implements StreamAnswer {
  readonly stream = true
  messages: AsyncIterableIterator<Uint8Array>
  translate: StreamAnswer['translate'] = null
  readonly #reader: MessageReader
  readonly #resolve: (answer: StreamAnswer) => void
  readonly #reject: (error: ConnectError) => void
  #writer: MessageWriter | null = null
  #listeners: ((error: unknown) => void)[] = []
  #isAnswered = false
  #headersTimer: NodeJS.Timeout | null = null
  /** Undefined while the call goes on. */
  #result: ConnectError | null | undefined

  constructor(
    call: Call,
    limits: CallLimits,
    onOver: OnOver,
    resolve: (answer: StreamAnswer) => void,
    reject: (error: ConnectError) => void
  ) {
    super(call, limits, onOver)
    this.#resolve = resolve
    this.#reject = reject
    this.#reader = new MessageReader(this)
    this.messages = this.#reader
  }

  get rpc(): Rpc {
    return this.call.rpc
  }

  override open(connection: Http2Connection): void {
    super.open(connection)
    if (this.isOver) return
    const { content } = this.call
    if (content instanceof Uint8Array) {
      this.#limitHeaders()
      return
    }
    this.#writer = new MessageWriter(this, content)
    this.#writer.writeAll().then(
      () => this.#limitHeaders(),
      // Not the attempt alone: what was pulled cannot be pulled again.
      error => this.call.lifetime.end(sourceError(error))
    )
  }

  onOver(listener: (error: unknown) => void): void {
    if (this.#result === undefined) this.#listeners.push(listener)
    else listener(this.translated(this.#result))
  }

  /** What is told in place of an error. */
  translated(error: ConnectError | null): unknown {
    return error === null || this.translate === null ? error : this.translate(error)
  }

  /** What ends a call early ends it at once, whatever has arrived. */
  override onLifetimeEnd(reason: ConnectError): void {
    this.#reader.drop()
    super.onLifetimeEnd(reason)
  }

  override onWritable(): void {
    this.#writer?.onWritable()
  }

  protected override onBegin(): void {
    this.#isAnswered = true
    this.#stopTimer()
    this.#resolve(this)
  }

  protected override onMessage(frame: Frame): void {
    this.#reader.add(frame)
  }

  protected override onReceived(length: number): void {
    this.#reader.hold(length)
  }

  protected override onResult(error: ConnectError | null): void {
    this.#result = error
    this.#stopTimer()
    this.#writer?.stop()
    this.#reader.end(error)
    if (error !== null && !this.#isAnswered) {
      this.#reject(error)
      return
    }
    // There will be no other attempt.
    this.call.lifetime.close()
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(this.translated(error))
  }

  #limitHeaders(): void {
    const { headersTimeoutMs } = this.limits
    const hasDeadline = this.call.lifetime.deadline !== Number.POSITIVE_INFINITY
    if (headersTimeoutMs === null || hasDeadline || this.#isAnswered || this.isOver) return
    this.#headersTimer = setTimeout(() => this.call.lifetime.end(timedOut()), headersTimeoutMs).unref()
  }

  #stopTimer(): void {
    if (this.#headersTimer !== null) clearTimeout(this.#headersTimer)
  }
}

/** The call is cancelled because its own messages failed; that says nothing about the upstream. */
function sourceError(cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause
  return new ConnectError('the messages of the request failed', Code.Canceled, undefined, undefined, cause)
}
