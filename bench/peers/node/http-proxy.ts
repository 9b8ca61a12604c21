// All requests are passed on.
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { bodyLimit, readSettings } from './start.ts'

const { port, upstreamPort } = readSettings()
const app = Fastify({ bodyLimit })
app.register(httpProxy, { upstream: `http://127.0.0.1:${upstreamPort}`, undici: { headersTimeout: 5000 } })
await app.listen({ host: '127.0.0.1', port })
