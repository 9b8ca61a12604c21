// `npm run profile`: where a contender under load spends its time, by function, file and area. CASE is a case of the bench,
// PEER a contender that is a program of Node, MODE `full` or `bare`, SAMPLING the share of traces that are kept, and TURN_MS
// the length of the load. Needs Go, as the bench does.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type CaseName, cases } from './cases.ts'
import type { Mode, Peer } from './peer.ts'
import { connectNode } from './peers/connect-node.ts'
import { fastify } from './peers/fastify.ts'
import { httpProxy } from './peers/http-proxy.ts'
import { nodeHttp2 } from './peers/node-http2.ts'
import { sluice } from './peers/sluice.ts'
import { endAllWithSignals } from './processes/signals.ts'
import { type Tops, topsOf } from './profile/top.ts'
import { count } from './settings.ts'
import { startBackdrop } from './side-by-side/backdrop.ts'
import { loadFor, warmUp } from './side-by-side/measure.ts'
import { allPeers } from './side-by-side/peers.ts'
import { casesOf, startPeer } from './side-by-side/running.ts'

const loadMs = count('TURN_MS', 5000)
const root = fileURLToPath(new URL('..', import.meta.url))
const hook = new URL('./profile/hook.ts', import.meta.url).href
const shown = 40

const nodePeers = new Map([sluice, fastify, connectNode, nodeHttp2, httpProxy].map(peer => [peer.id, peer]))
const peer = choosePeer()
const mode = choose('MODE', peer.modes, peer.modes.at(-1)!) as Mode
const caseName = choose('CASE', casesOf(peer), 'product') as CaseName
const sampling = Number(choose('SAMPLING', mode === 'full' ? ['1', '0.1', '0'] : ['0'], mode === 'full' ? '1' : '0'))

endAllWithSignals()
const { profile, requests } = await record()
const output = `${root}.cache/bench/${peer.id}-${mode}-${caseName}.cpuprofile`
await mkdir(`${root}.cache/bench`, { recursive: true })
await writeFile(output, JSON.stringify(profile))
print(topsOf(profile, root), requests)
console.log(`\n${output}`)

function choosePeer(): Peer {
  const other = allPeers.find(({ id }) => id === process.env.PEER && !nodePeers.has(id))
  if (other !== undefined) {
    refuse(`${other.title} is no program of Node, and cannot be profiled; PEER takes ${list(nodePeers.keys())}`)
  }
  return nodePeers.get(choose('PEER', [...nodePeers.keys()], sluice.id))!
}

function choose(variable: string, known: readonly string[], fallback: string): string {
  const value = process.env[variable] || fallback
  if (!known.includes(value)) refuse(`${variable} takes ${list(known)}; not ${value}`)
  return value
}

function list(values: Iterable<string>): string {
  return [...values].join(', ')
}

function refuse(problem: string): never {
  console.error(problem)
  process.exit(1)
}

async function record(): Promise<{ profile: Profiler.Profile; requests: number }> {
  const problem = await peer.build()
  if (problem !== null) refuse(`${peer.title}: ${problem}`)
  const backdrop = await startBackdrop()
  const folder = await mkdtemp(join(tmpdir(), 'profile-'))
  const socket = join(folder, 'socket')
  // For what is started from now on: the contender.
  Object.assign(process.env, { NODE_OPTIONS: `--import ${hook}`, PROFILE_SOCKET: socket })
  try {
    const running = await startPeer(peer, { mode, sampling }, backdrop)
    try {
      await warmUp(running, caseName, backdrop.load)
      await ask(socket, 'start')
      const { requests } = await loadFor(running, caseName, backdrop.load, { durationMs: loadMs })
      return { profile: (await ask(socket, 'stop')) as Profiler.Profile, requests }
    } finally {
      await running.stop()
    }
  } finally {
    await backdrop.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function ask(path: string, word: 'start' | 'stop'): Promise<unknown> {
  return await json(connect({ path, allowHalfOpen: true }).end(word))
}

function print({ busy, ...tops }: Tops, requests: number): void {
  console.log(`${cases[caseName].title}, ${peer.title}, ${mode}: ${requests} requests`)
  console.log(`${(busy / requests).toFixed(1)} µs each on the main thread, the profiler's own included`)
  for (const [title, top] of Object.entries(tops)) {
    console.log(`\n    %  µs/request  ${title}`)
    for (const [name, micros] of top.slice(0, shown)) {
      const percent = ((100 * micros) / busy).toFixed(1).padStart(5)
      console.log(`${percent}  ${(micros / requests).toFixed(2).padStart(10)}  ${name}`)
    }
  }
}
