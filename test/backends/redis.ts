import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { Test } from './helper.ts'

const hasRedis = spawnSync('redis-server', ['--version']).status === 0

/** Why tests that need Redis are skipped; false when they are not. */
export const skipWithoutRedis = hasRedis ? false : 'redis-server is not installed'

/** A port on 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** A real Redis that ends with the test, on a port that is free or the given one. */
export async function startRedis(test: Test, at?: number): Promise<{ url: string; server: ChildProcess }> {
  const port = at ?? (await freePort())
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''])
  const ended = once(server, 'exit')
  test.teardown(async () => {
    // The one signal that also ends a process that is stopped.
    server.kill('SIGKILL')
    await ended
  })
  for await (const line of createInterface({ input: server.stdout })) if (line.includes('Ready to accept')) break
  return { url: `redis://127.0.0.1:${port}`, server }
}
