// Nothing is timed that does not answer right: all contenders have to tell the same.
import assert from 'node:assert/strict'
import type { BenchCase } from '../cases.ts'

/**
 * Asks once, and compares what comes with what has to.
 *
 * @returns how many bytes the answer has, as it is then expected of all answers
 * @throws AssertionError
 */
export async function checkAnswer(
  host: string,
  { method, path, body, expected }: BenchCase,
  headers: Record<string, string>
): Promise<number> {
  const type: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`http://${host}${path}`, { method, body, headers: { ...type, ...headers } })
  const text = await response.text()
  assert.equal(response.status, 200, text.slice(0, 500))
  assert.deepEqual(messagesOf(text, expected.length), expected)
  return Buffer.byteLength(text)
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
