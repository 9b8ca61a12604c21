import { encodeBinaryHeader } from '@connectrpc/connect'

/** What a call asks its server for; in its metadata, as JSON. */
export interface Ask {
  /** Under which name the server keeps what it sees of the call. */
  id: string
  /** How long each message of the answer is, in bytes. Default: a unary call is answered with what it sent. */
  answerBytes?: number
  /** How many messages a server stream has. Default 0. */
  answers?: number
  /** Neither reads nor answers until it is let go. Default false. */
  hold?: boolean
  /** Ends with this in place of a good status, a stream after its messages. */
  error?: { code: number; text: string; reason: string }
}

/** What a server has seen of the calls of one name. */
export interface Seen {
  /** How many came, how many go on, and how many did at most at a time. */
  calls: number
  open: number
  mostOpen: number
  /** How many the client ended early, or their deadline. */
  cancelled: number
  /** Messages that were read, and that could be sent. */
  received: number
  sent: number
  /** How much time the last one had left when it came, in milliseconds; null: it has no deadline. */
  timeoutMs: number | null
}

const header = 'ask-bin'

/** The metadata with which a call asks. */
export function asking(ask: Ask): Record<string, string> {
  return { [header]: encodeBinaryHeader(Buffer.from(JSON.stringify(ask))) }
}

/** What a call asks for, by the bytes of its metadata. */
export function askIn(bytes: Uint8Array): Ask {
  return JSON.parse(Buffer.from(bytes).toString())
}
