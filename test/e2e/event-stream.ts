import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

/** One Server-Sent Event. */
export interface ServerSentEvent {
  id: string | undefined
  event: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger's client sees is untyped JSON, and the checks say what it must be
  data: any
}

/** A reader of Server-Sent Events over a connection of its own. */
export interface EventReader {
  response: IncomingMessage
  /** Waits for the next event; undefined: the stream is over. */
  next(): Promise<ServerSentEvent | undefined>
  /** Breaks the connection off. */
  leave(): void
}

/** Opens a stream as a browser's EventSource does. */
export async function openEvents(
  url: string,
  { token, lastEventId }: { token: string; lastEventId?: string }
): Promise<EventReader> {
  const outgoing = request(url, {
    agent: false,
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId })
    }
  }).end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  // Whoever leaves hears that the connection broke off.
  response.on('error', () => {})
  const events = readEvents(response)
  return {
    response,
    async next() {
      return (await events.next()).value ?? undefined
    },
    leave: () => outgoing.destroy()
  }
}

async function* readEvents(response: IncomingMessage): AsyncGenerator<ServerSentEvent, void> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = parseEvent(text.slice(0, end))
      text = text.slice(end + 2)
      if (event !== null) yield event
    }
  }
}

/** null for a comment. */
function parseEvent(block: string): ServerSentEvent | null {
  const fields = new Map(
    block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.replace(/^[^:]*: ?/, '')])
  )
  const data = fields.get('data')
  return data === undefined ? null : { id: fields.get('id'), event: fields.get('event'), data: JSON.parse(data) }
}
