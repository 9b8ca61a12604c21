// The floor that everything is compared with: Fastify that answers what it has, with nothing behind it.
import Fastify from 'fastify'
import { type HopCaseName, hopCases } from '../cases.ts'
import { sendLines } from './send-lines.ts'

const { path, part, parts, contentType } = hopCases[process.env.HOP_CASE as HopCaseName]
const app = Fastify()
if (parts === 1) {
  app.get(path, (_request, reply) => reply.type(contentType).send(part))
} else {
  const line = Buffer.from(part)
  async function* lines() {
    for (let index = 0; index < parts; index++) yield line
  }
  app.get(path, (_request, reply) => sendLines(reply, lines()))
}
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
process.send?.('ready')
