/** The JSON text of one message of a request stream. */
export interface StreamedMessage {
  json: Uint8Array
  /** Its position, from 0. */
  index: number
  /** Where a person finds it: `line 3`, or `[2]` of an array. */
  place: string
}

/** Cuts a body into the JSON texts of its messages, in whatever chunks it comes. It does not read what it cuts out. */
export interface Splitter {
  /**
   * The messages that a chunk completes, each cut out when it is asked for.
   *
   * @throws {BindError} INVALID_JSON when there are no messages in such a body
   * @throws {RequestError} SLUICE_ERR_MESSAGE_TOO_LARGE
   */
  push(chunk: Uint8Array): Iterable<StreamedMessage>
  /** What the end of the body completes. Throws as `push` does. */
  end(): Iterable<StreamedMessage>
}
