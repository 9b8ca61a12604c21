import type { CaseName } from '../cases.ts'
import type { Mode, Peer } from '../peer.ts'
import { count } from '../settings.ts'
import type { Method } from '../suite.ts'
import { type Backdrop, startBackdrop } from './backdrop.ts'
import { turnMs } from './measure.ts'
import { buildPeers } from './peers.ts'
import { casesOf, type Running, type Setting, startPeer } from './running.ts'

export const rounds = count('ROUNDS', 5)

/** All that takes part in a suite, under way. */
export interface Field {
  /** The floor first. */
  running: Running[]
  backdrop: Backdrop
  method: Method
}

/** Starts the contenders that can be what is asked for, as often as there are samplings, and ends them after `use`. */
export async function withField<Result>(
  { mode, samplings = [0] }: { mode: Mode; samplings?: readonly number[] },
  use: (field: Field) => Promise<Result>
): Promise<Result> {
  const { peers } = await buildPeers()
  const backdrop = await startBackdrop()
  const running: Running[] = []
  try {
    for (const peer of peers) {
      for (const setting of settingsOf(peer, mode, peer === peers[0], samplings)) {
        running.push(await startPeer(peer, setting, backdrop))
      }
    }
    return await use({ running, backdrop, method: methodOf(backdrop) })
  } finally {
    for (const each of running) await each.stop()
    await backdrop.stop()
  }
}

/** As the report tells it. */
export function methodOf({ isPinned }: Backdrop): Method {
  return { rounds, turnMs, isPinned }
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
