import type { ConnectError } from '@connectrpc/connect'
import { Attempt, type CallLimits, type OnOver } from './attempt.ts'
import type { Call, UnaryAnswer } from './call.ts'
import { decompress } from './compression.ts'
import type { Frame } from './framing.ts'

/** One message goes out, and one comes back. */
export class UnaryCall extends Attempt {
  readonly #resolve: (answer: UnaryAnswer | Promise<UnaryAnswer>) => void
  readonly #reject: (error: ConnectError) => void
  #message: Frame | null = null

  constructor(
    call: Call,
    limits: CallLimits,
    onOver: OnOver,
    resolve: (answer: UnaryAnswer | Promise<UnaryAnswer>) => void,
    reject: (error: ConnectError) => void
  ) {
    super(call, limits, onOver)
    this.#resolve = resolve
    this.#reject = reject
  }

  protected override onBegin(): void {}

  protected override onMessage(frame: Frame): void {
    this.#message = frame
  }

  protected override onReceived(length: number): void {
    // What may come is bounded by that it is one message.
    this.consumed(length)
  }

  protected override onResult(error: ConnectError | null): void {
    const message = this.#message
    if (error !== null || message === null) this.#reject(error!)
    else if (message.compressed) this.#resolve(this.#unpack(message.data))
    else this.#resolve(this.#answerWith(message.data))
  }

  async #unpack(data: Uint8Array): Promise<UnaryAnswer> {
    return this.#answerWith(await decompress(data, this.encoding, this.limits.readMaxBytes))
  }

  #answerWith(message: Uint8Array): UnaryAnswer {
    return { stream: false, rpc: this.call.rpc, message, headers: this.headers, trailers: this.trailers }
  }
}
