import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type t from 'tap'
import { createCall, settings, startUpstream, type Test, until } from './helper.ts'

const serverFile = new URL('../server.ts', import.meta.url).pathname

/** The gateway as a process of its own. */
export function spawnServer(t: Test, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [serverFile], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: Record<string, unknown>[] = []
  let stderr = ''
  createInterface({ input: child.stdout! }).on('line', line => lines.push(JSON.parse(line)))
  child.stderr?.on('data', data => {
    stderr += data
  })
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }))
  return { child, lines, exited }
}

type Tap = Test & Pick<typeof t, 'equal'>

/** A gateway process that takes requests, before a fake shop. */
export async function startServer(t: Tap, env: NodeJS.ProcessEnv = {}, shop = {}) {
  const upstream = await startUpstream(t, shop)
  const server = spawnServer(t, { PATH: process.env.PATH, ...settings(upstream.url), LOG_LEVEL: 'info', ...env })
  t.equal((await once(server.child, 'message'))[0], 'ready')
  // The message and the log come by different ways.
  const listening = () => server.lines.find(({ msg }) => String(msg).startsWith('Server listening at '))
  await until(() => listening() !== undefined)
  const url = String(listening()?.msg).replace('Server listening at ', '')
  return { ...server, url, upstream, call: createCall(url) }
}
