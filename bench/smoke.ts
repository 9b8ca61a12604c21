// `make bench-smoke`: every contender that can be had here answers every case right, whole and bare, and under load. It judges
// no time.
import type { CaseName } from './cases.ts'
import type { Mode, Peer } from './peer.ts'
import { endAllWithSignals } from './processes/signals.ts'
import { type Backdrop, startBackdrop } from './side-by-side/backdrop.ts'
import { loadFor } from './side-by-side/measure.ts'
import { buildPeers } from './side-by-side/peers.ts'
import { casesOf, type Setting, startPeer } from './side-by-side/running.ts'

/** Of each case. */
const requests = 200

endAllWithSignals()
const { peers, missing } = await buildPeers({ quickly: true })
for (const { peer, reason } of missing) console.log(`skipped: ${peer.title}: ${reason}`)
const backdrop = await startBackdrop()
let failed = 0
try {
  for (const peer of peers) {
    for (const mode of peer.modes) {
      let problem = await problemOf(peer, mode, backdrop)
      // On a machine that something else keeps busy for a moment, a gateway sheds load, as it should.
      if (problem !== null && /: status (?:429|503)$/.test(problem)) {
        console.log(`once more: ${peer.title}, ${mode}: ${problem}`)
        problem = await problemOf(peer, mode, backdrop)
      }
      console.log(
        `${problem === null ? 'ok' : 'FAILED'}: ${peer.title}, ${mode}${problem === null ? '' : `: ${problem}`}`
      )
      if (problem !== null) failed++
    }
  }
} finally {
  await backdrop.stop()
}
process.exitCode = failed === 0 ? 0 : 1

/** What is wrong with a contender; null: nothing. */
async function problemOf(peer: Peer, mode: Mode, backdrop: Backdrop): Promise<string | null> {
  const setting: Setting = { mode, sampling: mode === 'full' ? 1 : 0 }
  try {
    const running = await startPeer(peer, setting, backdrop)
    try {
      if (mode === 'full') await checkTokens(running.host)
      const before = await backdrop.spans()
      await loadFor(running, 'product', backdrop.load, { requests })
      if (mode === 'full') await untilSpans(backdrop, before + requests * peer.spans!)
      const others = casesOf(peer).filter(name => name !== 'product')
      for (const name of others) await loadFor(running, name, backdrop.load, { requests: requestsOf(name) })
      return null
    } finally {
      await running.stop()
    }
  } catch (error) {
    return (error as Error).message
  }
}

/** Fewer of those with large answers. */
function requestsOf(name: CaseName): number {
  return name === 'stream' || name === 'list2000' ? requests / 10 : requests
}

/** Who has no token, or one that is none, gets nothing. */
async function checkTokens(host: string): Promise<void> {
  for (const headers of [{}, { authorization: 'Bearer e30.e30.e30' }]) {
    const { status } = await fetch(`http://${host}/v1/products?page_size=20`, { headers })
    if (status !== 401) throw new Error(`${status} in place of 401 without a good token`)
  }
}

/** Until there are so many. Traces are exported a few seconds later at most. */
async function untilSpans({ spans }: Backdrop, expected: number): Promise<void> {
  const deadline = performance.now() + 15_000
  for (let seen = await spans(); seen < expected; seen = await spans()) {
    if (performance.now() > deadline) throw new Error(`${expected - seen} of its spans did not arrive`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
