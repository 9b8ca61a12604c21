import { spawn } from 'node:child_process'
import { buildGo } from '../../tools/go-build.ts'
import { cases } from '../cases.ts'
import type { Peer } from '../peer.ts'
import { freePort } from '../processes.ts'
import { startNode } from './node/start.ts'
import { versionsOf } from './node/versions.ts'

/** Of the upstream's program, once it is built. */
let upstreamPath = ''

/** What a plain hop costs: requests are passed on as they are, to an upstream that answers with the JSON itself. */
export const httpProxy: Peer = {
  id: 'http-proxy',
  title: '@fastify/http-proxy, HTTP upstream',
  modes: ['bare'],
  remarks: 'Passes HTTP on to an upstream of its own (net/http), which has the JSON.',
  version: async () => versionsOf('@fastify/http-proxy', 'fastify'),
  async build() {
    const { path, missing } = await buildGo('bench/http-upstream-go', 'bench-http-upstream')
    if (missing !== undefined) return missing
    upstreamPath = path
    return null
  },
  async start(settings) {
    const port = await freePort()
    const stopUpstream = startUpstream(port)
    return startNode('./http-proxy.ts', { ...settings, upstreamPort: port }).once('exit', stopUpstream)
  }
}

/**
 * Starts it beside the gateway and not below it, so that what it takes is not the gateway's. It ends when the other end of its
 * standard input is gone, thus also with a bench that is killed.
 */
function startUpstream(port: number): () => void {
  const upstream = spawn(upstreamPath, { env: { PORT: String(port) }, stdio: ['pipe', 'ignore', 'inherit'] })
  // Of one that could not start: it has said why, and the gateway will not answer.
  upstream.stdin.on('error', () => {})
  upstream.stdin.write(JSON.stringify(answers()))
  return () => void upstream.kill('SIGKILL')
}

/** By what is asked. */
function answers(): Record<string, { type: string; text: string; count: number }> {
  return Object.fromEntries(
    Object.values(cases).map(({ method, path, expected }) => {
      const text = JSON.stringify(expected[0])
      const answer =
        expected.length === 1
          ? { type: 'application/json; charset=utf-8', text, count: 1 }
          : { type: 'application/x-ndjson', text: `${text}\n`, count: expected.length }
      return [`${method} ${path}`, answer]
    })
  )
}
