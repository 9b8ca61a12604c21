import { setTimeout as delay } from 'node:timers/promises'
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt'
import { type ClientCompatRequest, StreamType } from './protos.ts'

/** The messages that a call sends: at the pace that the request asks for, and cancelled where it asks for that. */
export class Outgoing {
  readonly #request: ClientCompatRequest
  readonly #cancel: AbortController
  #sent = 0
  #received = 0
  #isOver = false
  /** Lets a call go on that sends and receives in turn. */
  #wake: (() => void) | null = null

  constructor(request: ClientCompatRequest, cancel: AbortController) {
    this.#request = request
    this.#cancel = cancel
  }

  /** How many messages the transport did not take. */
  get unsent(): number {
    return this.#request.requestMessages.length - this.#sent
  }

  /** The message of a call that has one. The call is to be made at once. */
  only<Desc extends DescMessage>(schema: Desc): MessageShape<Desc> {
    const [message, ...more] = this.#request.requestMessages
    if (message === undefined || more.length > 0) throw new Error('the method takes exactly one message')
    this.#sent = 1
    this.#onClose()
    return unpack(message, schema)
  }

  /** The messages of a call that streams them. */
  async *all<Desc extends DescMessage>(schema: Desc): AsyncGenerator<MessageShape<Desc>> {
    const { requestMessages, requestDelayMs, streamType } = this.#request
    for (const message of requestMessages) {
      if (requestDelayMs > 0) await delay(requestDelayMs)
      yield unpack(message, schema)
      this.#sent += 1
      if (streamType === StreamType.FULL_DUPLEX_BIDI_STREAM) await this.#turn()
      if (this.#isOver) return
    }
    this.#onClose()
  }

  /** To be called with each response, once it has been dealt with. */
  onResponse(): void {
    this.#received += 1
    this.#wake?.()
  }

  /** To be called when there are no more responses. */
  onEnd(): void {
    this.#isOver = true
    this.#wake?.()
  }

  /** The response to what was sent, or the end of the call. */
  async #turn(): Promise<void> {
    if (this.#received >= this.#sent || this.#isOver) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
  }

  /** All was sent. */
  #onClose(): void {
    const { cancel } = this.#request
    if (cancel === undefined) return
    const { cancelTiming } = cancel
    if (cancelTiming.case === 'beforeCloseSend') this.#cancel.abort()
    else if (cancelTiming.case !== 'afterNumResponses') setTimeout(() => this.#cancel.abort(), cancelTiming.value ?? 0)
  }
}

function unpack<Desc extends DescMessage>(message: Any, schema: Desc): MessageShape<Desc> {
  const unpacked = anyUnpack(message, schema)
  if (unpacked === undefined) throw new Error(`${message.typeUrl} is no ${schema.typeName}`)
  return unpacked
}
