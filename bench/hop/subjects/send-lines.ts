import type { FastifyReply } from 'fastify'
import { writePart } from '../../../lib/http/write-part.ts'

/** Answers with lines as they come, no faster than the client reads: the same for all, so that only the hop differs. */
export async function sendLines(reply: FastifyReply, lines: AsyncIterable<Uint8Array>): Promise<void> {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' })
  for await (const line of lines) await writePart(reply.raw, line)
  reply.raw.end()
}
