import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Peer } from '../peer.ts'
import { config } from './nginx/config.ts'
import { rawProduct } from './nginx/raw.ts'
import { makeFolder, startConfigured } from './start-configured.ts'

const run = promisify(execFile)

// Distributions have it where only root looks for programs.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** What a plain hop costs: gRPC is passed on as it is. */
export const nginx: Peer = {
  id: 'nginx',
  title: 'nginx, grpc_pass',
  modes: ['bare'],
  cases: ['product'],
  raw: { product: rawProduct },
  remarks: [
    'Transcodes nothing: it is asked with messages of gRPC in HTTP/1.1. One process, which has a connection to the upstream for',
    'each request that is open, and on which it leaves Nagle’s algorithm on: what it writes waits for the acknowledgement, 40 ms',
    'late, of a frame that grpc-go had no need to answer. Its CPU is not touched by that; its pace and its latencies are.'
  ].join(' '),
  /** `nginx version: nginx/1.22.1`, on standard error. */
  async version() {
    const { stderr } = await run('nginx', ['-v'], { env })
    return `nginx ${/nginx\/(\S+)/.exec(stderr)![1]}`
  },
  async build() {
    try {
      await run('nginx', ['-v'], { env })
      return null
    } catch {
      return 'nginx is not installed, which Debian has as nginx-core'
    }
  },
  async start(settings) {
    const folder = await makeFolder({ 'nginx.conf': config(settings) })
    return startConfigured('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], folder, env)
  }
}
