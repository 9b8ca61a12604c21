import type { Socket } from 'node:net'
import { HpackDecoder } from '../hpack/decoder.ts'
import { type HeaderTemplate, HpackEncoder } from '../hpack/encoder.ts'
import type { HeaderFields } from '../hpack/header-fields.ts'
import { closeSocket, openSocket, systemError } from '../socket.ts'
import type { ClientStream, StreamOwner } from './client-stream.ts'
import type { ConnectionListener, ConnectionOptions } from './connection-options.ts'
import { ConnectionWindow } from './connection-window.ts'
import { ConnectionError, ErrorCode, errorCodeName, StreamError } from './errors.ts'
import { FloodGuard } from './flood-guard.ts'
import { FrameParser } from './frame-parser.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { Handshake } from './handshake.ts'
import { connectionTemplate } from './header-blocks.ts'
import { Incoming } from './incoming.ts'
import { KeepAlive } from './keep-alive.ts'
import { OpenStreams } from './open-streams.ts'
import { Output } from './output.ts'
import { Sender } from './sender.ts'
import { applySettings, clientSettings, initialPeerSettings } from './settings.ts'

/**
 * The client's side of one HTTP/2 connection (RFC 9113).
 *
 *     connecting -- the server's SETTINGS --> open -- GOAWAY, ids used up, close() --> draining
 *     any -- error, destroy(), last stream of a draining one --> closed
 */
export class Http2Connection implements StreamOwner {
  #state: 'connecting' | 'open' | 'draining' | 'closed' = 'connecting'
  readonly #listener: ConnectionListener
  readonly #socket: Socket
  readonly #output: Output
  readonly #writer: FrameWriter
  readonly #sender: Sender
  readonly #streams: OpenStreams
  readonly #reader: FrameReader
  readonly #encoder = new HpackEncoder()
  readonly #window: ConnectionWindow
  readonly #handshake: Handshake
  readonly #keepAlive: KeepAlive
  #settings = initialPeerSettings
  #wasFull = false
  /** Why the server wants no more of this connection. */
  #goaway: Error | null = null

  /** Begins to connect. */
  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    const { address, tls, authority, connectTimeoutMs } = options
    const { streamWindowBytes = 256 * 1024, maxHeaderListBytes = 64 * 1024, firstStreamId = 1 } = options
    this.#listener = listener
    const guard = new FloodGuard()
    this.#socket = openSocket({
      address,
      tls,
      onConnect: () => this.#begin(clientSettings(streamWindowBytes, maxHeaderListBytes)),
      onRead: bytes => this.#read(bytes),
      onDrain: () => this.#onDrain(),
      onClose: error =>
        this.#end(error ?? this.#goaway ?? systemError('ECONNRESET', 'the upstream closed the connection'))
    })
    this.#output = new Output(this.#socket, () => this.#onWritable())
    this.#writer = new FrameWriter(this.#output, this.#encoder, connectionTemplate(tls !== null, authority))
    this.#sender = new Sender(this.#output)
    this.#streams = new OpenStreams(
      { guard, windowBytes: streamWindowBytes, firstId: firstStreamId },
      {
        sendReset: (streamId, code) => this.#writer.reset(streamId, code),
        sendWindowUpdate: (streamId, bytes) => this.#writer.windowUpdate(streamId, bytes),
        onStreamClosed: stream => this.#onStreamClosed(stream)
      }
    )
    this.#window = new ConnectionWindow(bytes => this.#writer.windowUpdate(0, bytes))
    this.#handshake = new Handshake({
      connectTimeoutMs,
      onConnectTimeout: () => this.#end(systemError('ETIMEDOUT', `no HTTP/2 connection in ${connectTimeoutMs} ms`)),
      onSettingsTimeout: () =>
        this.#fail(new ConnectionError(ErrorCode.SETTINGS_TIMEOUT, 'our SETTINGS were not acknowledged'))
    })
    this.#keepAlive = new KeepAlive({
      intervalMs: options.pingIntervalMs ?? 1_000,
      timeoutMs: options.pingTimeoutMs ?? 2_000,
      isWaiting: () => this.#streams.size > 0,
      sendPing: () => this.#writer.ping(),
      onDead: () => this.#end(systemError('ETIMEDOUT', 'no answer to a PING'))
    })
    this.#reader = this.#createReader(guard, maxHeaderListBytes)
  }

  /** Whether a stream can be opened now. */
  get hasRoom(): boolean {
    if (this.#state !== 'open') return false
    const hasRoom = this.#streams.size < this.#settings.maxConcurrentStreams && !this.#output.isFull
    if (!hasRoom) this.#wasFull = true
    return hasRoom
  }

  get openStreams(): number {
    return this.#streams.size
  }

  /** How many streams may be open at a time. */
  get maxStreams(): number {
    return this.#settings.maxConcurrentStreams
  }

  /** Whether the server takes headers that are as large as these. Most servers say no limit, so that none is counted. */
  takesHeaders(template: HeaderTemplate, extra: HeaderFields): boolean {
    const { maxHeaderListBytes } = this.#settings
    if (maxHeaderListBytes === Number.POSITIVE_INFINITY) return true
    return this.#writer.headerListBytes(template, extra) <= maxHeaderListBytes
  }

  /**
   * Opens a stream with a POST. Only when there is room.
   *
   * @param template its headers from `:path` on.
   * @param extra further headers.
   * @param data the beginning of the request, or null. It must not change any more.
   * @param isEnd nothing follows.
   */
  open(
    stream: ClientStream,
    template: HeaderTemplate,
    extra: HeaderFields,
    data: Uint8Array | null,
    isEnd: boolean
  ): void {
    this.#streams.add(stream)
    stream.owner = this
    stream.sendWindow = this.#settings.initialWindowBytes
    stream.flushNumber = this.#output.flushes
    stream.isLocalEnded = isEnd && data === null
    this.#writer.headers(stream.streamId, template, extra, stream.isLocalEnded, this.#settings.maxFrameBytes)
    if (data !== null) this.#sender.send(stream, data, isEnd)
    if (!this.#streams.hasIds) this.#drain()
  }

  /** Opens no more streams, and closes the connection behind the last that is open. */
  close(): void {
    if (this.#state === 'connecting') this.#end(null)
    else if (this.#state === 'open') this.#drain()
    this.#closeWhenDrained()
  }

  /** Closes the connection now. Open streams end with `error`, or that it was closed. */
  destroy(error?: Error): void {
    this.#end(error ?? null)
  }

  sendData(stream: ClientStream, bytes: Uint8Array, isEnd: boolean): boolean {
    return this.#sender.send(stream, bytes, isEnd)
  }

  resetStream(stream: ClientStream, code: number): void {
    this.#streams.abort(stream, code, `the stream was reset with ${errorCodeName(code)}`)
  }

  giveBack(stream: ClientStream, bytes: number): void {
    this.#streams.giveBack(stream, bytes)
  }

  #createReader(guard: FloodGuard, maxHeaderListBytes: number): FrameReader {
    const decoder = new HpackDecoder({
      maxTableBytes: initialPeerSettings.headerTableBytes,
      maxListBytes: maxHeaderListBytes
    })
    const events = new Incoming({
      streams: this.#streams,
      window: this.#window,
      sender: this.#sender,
      writer: this.#writer,
      handshake: this.#handshake,
      keepAlive: this.#keepAlive,
      connection: {
        onSettings: (bytes, start, end) => this.#onSettings(bytes, start, end),
        onGoaway: (lastStreamId, code, debug) => this.#onGoaway(lastStreamId, code, debug)
      }
    })
    return new FrameReader(new FrameParser({ decoder, guard, events, maxBlockBytes: maxHeaderListBytes }))
  }

  #begin(settings: Buffer): void {
    this.#writer.preface(settings)
    this.#window.open()
    this.#output.flush()
  }

  #read(bytes: Buffer): void {
    if (this.#state === 'closed') return
    this.#keepAlive.onHeard()
    try {
      this.#reader.push(bytes)
    } catch (error) {
      const isPeers = error instanceof ConnectionError
      this.#fail(isPeers ? error : new ConnectionError(ErrorCode.INTERNAL_ERROR, 'our own fault', error))
    }
  }

  #onSettings(bytes: Buffer, start: number, end: number): void {
    const before = this.#settings
    this.#settings = applySettings(before, bytes, start, end)
    this.#encoder.setMaxTableBytes(this.#settings.leastHeaderTableBytes)
    this.#encoder.setMaxTableBytes(this.#settings.headerTableBytes)
    this.#sender.maxFrameBytes = this.#settings.maxFrameBytes
    this.#streams.widenAll(this.#settings.initialWindowBytes - before.initialWindowBytes)
    this.#writer.settingsAck()
    if (this.#state === 'connecting') this.#onReady()
    this.#sender.pump()
    this.#tellRoom()
  }

  #onGoaway(lastStreamId: number, code: number, debug: string): void {
    const why = `the server ended the connection: ${errorCodeName(code)} ${JSON.stringify(debug)}`
    this.#goaway = systemError('ECONNRESET', why)
    if (this.#state === 'open') this.#drain()
    this.#streams.closeAll(({ streamId }) =>
      streamId > lastStreamId ? new StreamError(code, 'connection', true, why, this.#goaway) : null
    )
    this.#closeWhenDrained()
  }

  #onReady(): void {
    this.#state = 'open'
    this.#handshake.onReady()
    this.#listener.onReady()
  }

  #onDrain(): void {
    this.#output.unblock()
    this.#onWritable()
  }

  #onWritable(): void {
    if (this.#state === 'closed') return
    this.#sender.pump()
    this.#tellRoom()
  }

  #onStreamClosed(stream: ClientStream): void {
    this.#sender.forget(stream)
    this.#tellRoom()
    this.#closeWhenDrained()
  }

  #tellRoom(): void {
    if (!this.#wasFull || !this.hasRoom) return
    this.#wasFull = false
    this.#listener.onRoom()
  }

  #drain(): void {
    this.#state = 'draining'
    this.#listener.onDraining()
  }

  #closeWhenDrained(): void {
    if (this.#state === 'draining' && this.#streams.size === 0) this.#end(this.#goaway, ErrorCode.NO_ERROR)
  }

  /** The server breaks the rules: it is told which, and the connection is over. */
  #fail(error: ConnectionError): void {
    this.#end(error, error.code)
  }

  /** @param code what the server is told; null: nothing, it would not hear it. */
  #end(error: Error | null, code: number | null = null): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#handshake.stop()
    this.#keepAlive.stop()
    this.#reader.stop()
    if (code === null) this.#socket.destroy()
    else {
      this.#writer.goaway(code)
      this.#output.flush()
      closeSocket(this.#socket)
    }
    this.#output.stop()
    const { flushes } = this.#output
    const cause = error ?? systemError('ECONNRESET', 'the connection was closed')
    const streamCode = error instanceof ConnectionError ? error.code : ErrorCode.CANCEL
    this.#streams.closeAll(
      ({ flushNumber }) =>
        new StreamError(streamCode, 'connection', flushNumber === flushes && code === null, cause.message, cause)
    )
    this.#listener.onClosed(error)
  }
}
