// The floor that everything is compared with: Fastify answering one JSON text, with nothing behind it.
import Fastify from 'fastify'
import { answer } from './answer.ts'

const text = JSON.stringify(answer)
const app = Fastify()
app.get('/api/v1/categories', (_request, reply) => reply.type('application/json; charset=utf-8').send(text))
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
process.send?.('ready')
