// What a program and all that it started take, as Linux tells in /proc.
import { readdir, readFile } from 'node:fs/promises'

// USER_HZ: what /proc counts CPU time in. 100 on every Linux that Node runs on.
const ticksPerSecond = 100

/** Where the fields of proc_pid_stat(5) stand, counted behind the name of the program, which may hold spaces. */
const field = { parent: 1, userTicks: 11, systemTicks: 12, endedUserTicks: 13, endedSystemTicks: 14 }

/** CPU time of a program and of all that it started, also of what has ended since: user and system, in microseconds. */
export async function cpuOfTree(root: number): Promise<number> {
  let ticks = 0
  for (const fields of await statsOfTree(root)) {
    const { userTicks, systemTicks, endedUserTicks, endedSystemTicks } = field
    for (const place of [userTicks, systemTicks, endedUserTicks, endedSystemTicks]) ticks += Number(fields[place])
  }
  return (ticks / ticksPerSecond) * 1_000_000
}

/**
 * Resident memory of a program and of all that it started, in bytes, as proc_pid_status(5) has it. Pages count with each that
 * shares them: to divide them would make a contender smaller while others of its kind run beside it.
 */
export async function memoryOfTree(root: number): Promise<number> {
  let kilobytes = 0
  for (const pid of await pidsOfTree(root)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    kilobytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
  }
  return kilobytes * 1024
}

/** A program and all that it started. */
export async function pidsOfTree(root: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = await statOf(Number(name))
    if (fields !== null) parents.set(Number(name), Number(fields[field.parent]))
  }
  const tree = [root]
  // Grows while it is walked.
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  return tree
}

async function statsOfTree(root: number): Promise<string[][]> {
  const stats: string[][] = []
  for (const pid of await pidsOfTree(root)) {
    const fields = await statOf(pid)
    if (fields !== null) stats.push(fields)
  }
  return stats
}

/** Null when there is no such program any more. */
async function statOf(pid: number): Promise<string[] | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
