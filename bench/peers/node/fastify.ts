// Fastify that answers what it has, with nothing behind it.
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import { cases } from '../../cases.ts'
import { bodyLimit, readSettings } from './start.ts'

const app = Fastify({ bodyLimit })
for (const { method, path, expected } of Object.values(cases)) {
  const url = path.split('?')[0]!
  if (app.hasRoute({ method, url })) continue
  const texts = new Map(
    Object.values(cases)
      .filter(({ path }) => path.split('?')[0] === url)
      .map(({ path, expected: [first] }) => [path, JSON.stringify(first)])
  )
  if (expected.length === 1) {
    app.route({
      method,
      url,
      handler: (request, reply) => reply.type('application/json; charset=utf-8').send(texts.get(request.url))
    })
  } else {
    const lines = expected.map(message => Buffer.from(`${JSON.stringify(message)}\n`))
    app.get(url, (_request, reply) => reply.type('application/x-ndjson').send(Readable.from(lines)))
  }
}
await app.listen({ host: '127.0.0.1', port: readSettings().port })
