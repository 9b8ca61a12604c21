import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program of the shop, run as a process of its own. */
export interface Child {
  readonly name: string
  /** Settles when the program says that it is ready: `process.send('ready')`. */
  readonly ready: Promise<void>
  /** Settles when the program has ended, with how. */
  readonly exited: Promise<string>
  /** The last line that the program wrote to stderr before it was ready: why it ended, if it said so. */
  lastError(): string
  /** Asks it to stop and waits until it is gone; after `graceMs` it is killed. */
  stop(graceMs: number): Promise<void>
}

/** What to run. */
export interface ChildOptions {
  /** What people call it. */
  name: string
  /** The program, from the project's folder. */
  file: string
  /** Its whole environment. */
  env: NodeJS.ProcessEnv
}

/**
 * Runs a Node program in a process group of its own: a Ctrl-C at the terminal reaches the supervisor alone, which then
 * stops its children in the right order. What the program logs goes to the terminal.
 */
export function runChild({ name, file, env }: ChildOptions): Child {
  const followParent = new URL('./follow-parent.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--import', followParent, file], {
    cwd: new URL('../..', import.meta.url),
    env,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    detached: true
  })
  let isReady = false
  let lastError = ''
  const ready = new Promise<void>(resolve => {
    child.on('message', message => {
      if (message !== 'ready') return
      isReady = true
      resolve()
    })
  })
  createInterface({ input: child.stderr! }).on('line', line => {
    // Before it is ready, what it says is the reason why it is not, and that is told once, by the supervisor.
    if (isReady) console.error(line)
    else if (line.trim() !== '') lastError = line.trim()
  })
  // 'close' and not 'exit': only then has everything been read that the program wrote.
  const exited = once(child, 'close').then(([code, signal]) => (signal ? `signal ${signal}` : `exit code ${code}`))
  return { name, ready, exited, lastError: () => lastError, stop: graceMs => stopChild(child, exited, graceMs) }
}

async function stopChild(child: ChildProcess, exited: Promise<string>, graceMs: number) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exited
  clearTimeout(killer)
}
