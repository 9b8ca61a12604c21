/** How long the server may take to say that it has our settings, in milliseconds. */
const settingsTimeoutMs = 10_000

export interface HandshakeOptions {
  /** How long the server may take until it has said its settings, in milliseconds. */
  connectTimeoutMs: number
  /** It took longer. */
  onConnectTimeout(): void
  /** It has said its settings, and not that it has ours: SETTINGS_TIMEOUT (RFC 9113, section 6.5.3). */
  onSettingsTimeout(): void
}

/** The time that the server has for the beginning of a connection. */
export class Handshake {
  readonly #options: HandshakeOptions
  #timer: NodeJS.Timeout
  #isAcknowledged = false
  #isReady = false

  /** The time begins. */
  constructor(options: HandshakeOptions) {
    this.#options = options
    this.#timer = setTimeout(() => options.onConnectTimeout(), options.connectTimeoutMs).unref()
  }

  /** The server has said its settings, for the first time. */
  onReady(): void {
    this.#isReady = true
    clearTimeout(this.#timer)
    if (this.#isAcknowledged) return
    this.#timer = setTimeout(() => this.#options.onSettingsTimeout(), settingsTimeoutMs).unref()
  }

  /** The server has our settings. */
  onSettingsAck(): void {
    this.#isAcknowledged = true
    if (this.#isReady) clearTimeout(this.#timer)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
