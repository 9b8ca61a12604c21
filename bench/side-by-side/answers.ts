// Nothing is timed that does not answer right: all contenders have to tell the same.
import assert from 'node:assert/strict'
import { type CaseName, cases } from '../cases.ts'
import type { Peer } from '../peer.ts'

/** How a contender is asked. */
export interface Question {
  method: string
  path: string
  headers: Record<string, string>
  body: string | null
}

/** @param headers what requests say besides, such as a token */
export function questionOf({ raw }: Peer, name: CaseName, headers: Record<string, string>): Question {
  const { method, path, body } = raw?.[name] ?? cases[name]
  const own = raw?.[name]?.headers ?? (body === null ? {} : { 'content-type': 'application/json' })
  return { method, path, body, headers: { ...own, ...headers } }
}

/**
 * Asks once, and compares what comes with what has to.
 *
 * @returns how many bytes the answer has, as it is then expected of all answers
 * @throws AssertionError
 */
export async function checkAnswer(
  host: string,
  peer: Peer,
  name: CaseName,
  headers: Record<string, string>
): Promise<number> {
  const { path, ...question } = questionOf(peer, name, headers)
  const response = await fetch(`http://${host}${path}`, question)
  const bytes = Buffer.from(await response.arrayBuffer())
  const text = bytes.toString()
  assert.equal(response.status, 200, text.slice(0, 500))
  const raw = peer.raw?.[name]
  const { expected } = cases[name]
  if (raw === undefined) assert.deepEqual(messagesOf(text, expected.length), expected)
  else assert.ok(bytes.equals(raw.expected), 'it answers other bytes')
  return bytes.length
}

/** The messages of an answer: one, a line for each, or a list of them; those of grpc-gateway's streams are each a `result`. */
function messagesOf(text: string, count: number): unknown[] {
  if (count === 1) return [JSON.parse(text)]
  if (text.startsWith('[')) return JSON.parse(text)
  const lines = text.split('\n').filter(line => line !== '')
  return lines.map(line => {
    const message = JSON.parse(line)
    return 'result' in message ? message.result : message
  })
}
