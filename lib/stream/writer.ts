import type { StreamForm } from './negotiate.ts'

/** What a stream looks like in one form. */
export interface StreamWriter {
  /** Headers of the answer, besides its content type. */
  headers: Readonly<Record<string, string>>
  /**
   * @param json the JSON text of a message, without line breaks.
   * @param index how many messages came before.
   * @param id what tells the message from others; undefined when it has nothing that does.
   */
  message(json: Uint8Array, index: number, id?: string): Buffer
  /**
   * What closes the stream; null when nothing has to.
   *
   * @param count how many messages came before.
   */
  end(count: number): Buffer | null
  /**
   * What tells about an error, once the answer has begun. Null: the form has no place for one, so that the connection has
   * to break off.
   *
   * @param json the JSON text of the error body, without line breaks.
   */
  error(json: string): Buffer | null
  /** What keeps proxies from taking a silent stream for a dead one; null when the form has nothing of the kind. */
  keepAlive: Buffer | null
}

/** How messages become Server-Sent Events. */
export interface EventOptions {
  /** The `event:` of each message; empty: none, so that browsers dispatch `message`. */
  event: string
}

/** nginx, and what follows it, would otherwise hold back a stream until its buffer is full. */
const unbuffered = { 'x-accel-buffering': 'no' }

const newline = Buffer.from('\n')

const ndjson: StreamWriter = {
  headers: unbuffered,
  message: json => Buffer.concat([json, newline]),
  end: () => null,
  error: json => Buffer.from(`${json}\n`),
  keepAlive: null
}

const array: StreamWriter = {
  headers: unbuffered,
  message: (json, index) => Buffer.concat([Buffer.from(index === 0 ? '[' : ','), json]),
  end: count => Buffer.from(count === 0 ? '[]' : ']'),
  error: () => null,
  keepAlive: null
}

/** Characters that end a line of an event, or make browsers drop its id. */
const unfitForId = /[\r\n\0]/

/**
 * Compiles how a stream is written as Server-Sent Events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). An error is an `event: error`. An id that the format
 * cannot express is left out.
 */
function serverSentEvents({ event }: EventOptions): StreamWriter {
  const head = Buffer.from(event === '' ? 'data: ' : `event: ${event}\ndata: `)
  const tail = Buffer.from('\n\n')
  return {
    headers: { ...unbuffered, 'cache-control': 'no-store' },
    message(json, _index, id) {
      if (id === undefined || unfitForId.test(id)) return Buffer.concat([head, json, tail])
      return Buffer.concat([Buffer.from(`id: ${id}\n`), head, json, tail])
    },
    end: () => null,
    error: json => Buffer.from(`event: error\ndata: ${json}\n\n`),
    keepAlive: Buffer.from(': keep-alive\n\n')
  }
}

/** Compiles how the messages of a route are written in each form. */
export function compileWriters(options: EventOptions): Readonly<Record<StreamForm, StreamWriter>> {
  return { ndjson, array, sse: serverSentEvents(options) }
}
