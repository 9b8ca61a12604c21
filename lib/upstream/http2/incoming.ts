import type { HeaderFields } from '../hpack/header-fields.ts'
import type { ConnectionWindow } from './connection-window.ts'
import { ConnectionError, ErrorCode } from './errors.ts'
import type { FrameEvents } from './frame-parser.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Handshake } from './handshake.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Sender } from './sender.ts'

/** Whom the server may speak to. */
export interface IncomingParts {
  streams: OpenStreams
  window: ConnectionWindow
  sender: Sender
  writer: FrameWriter
  handshake: Handshake
  keepAlive: KeepAlive
  /** Who keeps the state of the connection. */
  connection: Pick<FrameEvents, 'onSettings' | 'onGoaway'>
}

/** Hands what the server says to the part of the connection that it is for. */
export class Incoming implements FrameEvents {
  readonly #streams: OpenStreams
  readonly #window: ConnectionWindow
  readonly #sender: Sender
  readonly #writer: FrameWriter
  readonly #handshake: Handshake
  readonly #keepAlive: KeepAlive
  readonly #connection: IncomingParts['connection']

  constructor({ streams, window, sender, writer, handshake, keepAlive, connection }: IncomingParts) {
    this.#streams = streams
    this.#window = window
    this.#sender = sender
    this.#writer = writer
    this.#handshake = handshake
    this.#keepAlive = keepAlive
    this.#connection = connection
  }

  onSettings(bytes: Buffer, start: number, end: number): void {
    this.#connection.onSettings(bytes, start, end)
  }

  onSettingsAck(): void {
    this.#handshake.onSettingsAck()
  }

  onPing(payload: Buffer): void {
    this.#writer.pingAck(payload)
  }

  onPingAck(): void {
    this.#keepAlive.onPingAck()
  }

  onGoaway(lastStreamId: number, code: number, debug: string): void {
    this.#connection.onGoaway(lastStreamId, code, debug)
  }

  onWindowUpdate(streamId: number, bytes: number): void {
    if (streamId === 0) {
      if (bytes === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a window that grows by nothing')
      this.#sender.widen(bytes)
      return
    }
    const stream = this.#streams.onWindowUpdate(streamId, bytes)
    if (stream !== null) this.#sender.pumpStream(stream)
  }

  onReset(streamId: number, code: number): void {
    this.#streams.onReset(streamId, code)
  }

  onHeaders(streamId: number, fields: HeaderFields | null, isEnd: boolean): void {
    this.#streams.onHeaders(streamId, fields, isEnd)
  }

  /** The window of the connection counts what streams do that are over, too (RFC 9113, section 6.9). */
  onData(streamId: number, bytes: Buffer, flowBytes: number, isEnd: boolean): void {
    this.#window.onData(flowBytes)
    this.#streams.onData(streamId, bytes, flowBytes, isEnd)
  }
}
