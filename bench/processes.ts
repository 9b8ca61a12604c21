import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

/**
 * Starts a program of the bench and waits until it says that it is ready.
 *
 * @param file relative to this folder
 */
export async function startProgram(file: string, env: NodeJS.ProcessEnv) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = fork(path, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
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
