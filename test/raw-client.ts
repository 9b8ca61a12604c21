import { once } from 'node:events'
import { connect } from 'node:net'

/** An answer as it came over a socket. */
export interface RawAnswer {
  status: number
  /** By name in lower case. */
  headers: Record<string, string>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a client's view of JSON; the checks say what it must be
  body: any
}

/**
 * Sends bytes, one per character, and reads all answers up to the end of the connection, which is the gateway's to end:
 * bytes that may leave it open have to say `Connection: close`.
 */
export async function exchange(url: string, bytes: string): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('latin1').on('data', text => {
    received += text
  })
  // A connection may be reset behind the answer.
  socket.on('error', () => {})
  socket.write(Buffer.from(bytes, 'latin1'))
  await once(socket, 'close')
  return answersIn(received)
}

function answersIn(received: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = received
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
    )
    const length = Number(headers['content-length'] ?? (headers['transfer-encoding'] ? rest.length : 0))
    const text = Buffer.from(rest.slice(end + 4, end + 4 + length), 'latin1').toString()
    const isJson = headers['content-type']?.includes('json') ?? false
    answers.push({
      status: Number(statusLine.split(' ')[1]),
      headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : null
    })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

/** The bytes of a request: `lines` without the one about the host, which is added behind the first. */
export function requestBytes(lines: readonly string[], body = ''): string {
  const [requestLine = '', ...headers] = lines
  return [requestLine, 'Host: gateway.test', ...headers, '', body].join('\r\n')
}
