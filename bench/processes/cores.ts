// Who runs where: what is measured has a core of its own, and what loads it and answers it has the others.
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { pidsOfTree } from './tree.ts'

const run = promisify(execFile)

export const cores = availableParallelism()

/** Of `taskset`, from util-linux: the first cores, or all but them. With one core, or without taskset, nothing is pinned. */
type Place = { first: number } | { others: number }

/**
 * Keeps a program, and all that it started and will start, to some of the cores.
 *
 * @returns whether it could be
 */
export async function pin(pid: number, place: Place): Promise<boolean> {
  if (cores < 2) return false
  const [from, to] = 'first' in place ? [0, place.first - 1] : [place.others, cores - 1]
  if (from > to) return false
  try {
    for (const each of await pidsOfTree(pid)) await run('taskset', ['-acp', `${from}-${to}`, String(each)])
    return true
  } catch {
    return false
  }
}
