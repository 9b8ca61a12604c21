import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { runBuf } from '../tools/buf.ts'
import { layProtoDeps } from '../tools/proto-deps.ts'
import { type Test, until } from './helper.ts'

const file = new URL('../sluice.ts', import.meta.url).pathname

/** Compiles the protos of a folder to a descriptor set. */
export async function compileProtos(folder: string, image: string): Promise<void> {
  await layProtoDeps()
  const code = await runBuf('build', folder, '--output', image)
  if (code !== 0) throw new Error(`buf build failed: exit code ${code}`)
}

/** Runs `sluice` to its end. */
export async function runSluice(t: Test, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [file, ...args], { env: { PATH: process.env.PATH, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}

/** Starts `sluice` on a free port; the URL where it listens. */
export async function startSluice(t: Test, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(process.execPath, [file, '--port', '0', ...args], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let url: string | undefined
  createInterface({ input: child.stdout }).on('line', line => {
    url ??= /Server listening at (http:[^"]+)/.exec(line)?.[1]
  })
  const stderr = text(child.stderr)
  await until(() => url !== undefined || child.exitCode !== null)
  if (url === undefined) throw new Error(`sluice did not start: ${await stderr}`)
  return url
}
