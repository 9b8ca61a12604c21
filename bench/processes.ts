import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

// USER_HZ: what /proc counts CPU time in. 100 on every Linux that Node runs on.
const ticksPerSecond = 100

/** A program under measurement. */
export interface Subject {
  name: string
  url: string
  /** CPU time since its start, user and system, in microseconds. */
  cpu(): Promise<number>
  /** Sends it a message, and waits for the one that it answers with. */
  ask(message: object): Promise<unknown>
  stop(): Promise<void>
}

/**
 * Starts a program of the bench on a free port and waits until it is ready.
 *
 * @param file relative to this folder
 * @param execArgv options of Node
 */
export async function startSubject(
  name: string,
  file: string,
  env: NodeJS.ProcessEnv = {},
  execArgv: string[] = []
): Promise<Subject> {
  const port = await freePort()
  const child = await startProgram(file, { ...env, PORT: String(port) }, execArgv)
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    cpu: () => cpuOf(child.pid!),
    ask: message => ask(child, message),
    stop: () => stop(child)
  }
}

/**
 * Starts a program of the bench and waits until it says that it is ready.
 *
 * @param file relative to this folder
 * @param execArgv options of Node
 */
export async function startProgram(file: string, env: NodeJS.ProcessEnv, execArgv: string[] = []) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = fork(path, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv
  })
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (message !== 'ready') throw new Error(`${file} did not start`)
  return child
}

/** Sends a program a message, and waits for the one that it answers with. */
export async function ask(child: ChildProcess, message: object): Promise<unknown> {
  child.send(message)
  const [answer] = await once(child, 'message')
  return answer
}

/** utime and stime are fields 14 and 15 of proc_pid_stat(5), counted behind the name, which may hold spaces. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000_000
}

/** Ends a program at once. */
export async function stop(child: ChildProcess) {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
