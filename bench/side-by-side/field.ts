import type { CaseName } from '../cases.ts'
import type { Mode, Peer } from '../peer.ts'
import { type Backdrop, startBackdrop } from './backdrop.ts'
import { buildPeers, describePeers } from './peers.ts'
import { casesOf, type Running, type Setting, startPeer } from './running.ts'

export const rounds = Number(process.env.ROUNDS ?? 5)

/** All that takes part in a suite, under way. */
export interface Field {
  /** The floor first. */
  running: Running[]
  backdrop: Backdrop
  /** Who they are, and where they run. */
  text: string
}

/** Starts the contenders that can be what is asked for, as often as there are samplings, and ends them after `use`. */
export async function withField<Result>(
  { mode, samplings = [0] }: { mode: Mode; samplings?: readonly number[] },
  use: (field: Field) => Promise<Result>
): Promise<Result> {
  const { peers, missing } = await buildPeers()
  const backdrop = await startBackdrop()
  const running: Running[] = []
  const taking: Peer[] = []
  try {
    for (const peer of peers) {
      const settings = settingsOf(peer, mode, peer === peers[0], samplings)
      if (settings.length > 0) taking.push(peer)
      for (const setting of settings) running.push(await startPeer(peer, setting, backdrop))
    }
    const place = backdrop.isPinned
      ? 'Each has the first core to itself; the others are for the upstream, the telemetry and the load.'
      : 'All share the cores with the upstream and the load.'
    const text = `${await describePeers(taking, missing)} ${place}`
    return await use({ running, backdrop, text })
  } finally {
    for (const each of running) await each.stop()
    await backdrop.stop()
  }
}

/** The floor is there in every mode, as it is. */
function settingsOf({ modes }: Peer, mode: Mode, isFloor: boolean, samplings: readonly number[]): Setting[] {
  if (modes.includes(mode)) return samplings.map(sampling => ({ mode, sampling }))
  return isFloor ? [{ mode: 'bare', sampling: 0 }] : []
}

/** Those that can answer a case. */
export function answering(running: readonly Running[], name: CaseName): Running[] {
  return running.filter(({ peer }) => casesOf(peer).includes(name))
}

/** Lets all of them do something in turns, round by round: what disturbs the machine for a while disturbs all. */
export async function inTurns<Value>(
  running: readonly Running[],
  measure: (running: Running) => Promise<Value>
): Promise<Map<Running, Value[]>> {
  const values = new Map(running.map(each => [each, [] as Value[]]))
  for (let round = 0; round < rounds; round++) {
    for (const each of running) values.get(each)!.push(await measure(each))
  }
  return values
}
