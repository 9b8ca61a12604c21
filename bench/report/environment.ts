import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import { ROOT } from '../../tools/buf.ts'

/** Where and when something was measured. */
export interface Environment {
  /** `2026-11-23`. */
  date: string
  /** Of Sluice; null: it is not in a repository. */
  commit: string | null
  /** Whether files differed from the commit. */
  isModified: boolean
  node: string
  cpu: string
  cores: number
  kernel: string
  memoryGiB: number
}

export function environment(): Environment {
  return {
    date: new Date().toISOString().slice(0, 10),
    ...revision(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: `${type()} ${/^[\d.]*/.exec(release())![0]}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30)
  }
}

export function describeCommit({ commit, isModified }: Environment): string {
  return `${commit === null ? 'no commit' : `commit ${commit}`}${isModified ? ', modified' : ''}`
}

export function describeMachine({ cpu, cores, kernel, memoryGiB }: Environment): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}`
}

/** What the bench itself writes does not count as modified. */
function revision(): Pick<Environment, 'commit' | 'isModified'> {
  try {
    const paths = ['.', ':!BENCHMARKS.md', ':!bench/results.json']
    const isModified = git('status', '--porcelain', '--untracked-files=no', '--', ...paths) !== ''
    return { commit: git('rev-parse', '--short', 'HEAD'), isModified }
  } catch {
    return { commit: null, isModified: false }
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
