import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, stop } from './processes.ts'

/** What an upstream answers, by the path of an rpc: a message in base64, so many times. */
export type Answers = Record<string, { message: string; count: number }>

export interface Upstream {
  /** `http://host:port`. */
  url: string
  /** What it is written with, for the report. */
  kind: string
  stop(): Promise<void>
}

const goFolder = fileURLToPath(new URL('./upstream-go', import.meta.url))
const goBinary = fileURLToPath(new URL('../.cache/bench/upstream', import.meta.url))
const nodeFile = fileURLToPath(new URL('./upstream.ts', import.meta.url))

/** Starts an upstream with given answers: the compiled one, so that it is never what the others wait for. */
export async function startUpstream(answers: Answers): Promise<Upstream> {
  const isGo = await buildGo()
  const port = await freePort()
  const [command, args] = isGo ? [goBinary, []] : [process.execPath, [nodeFile]]
  const child = spawn(command, args, {
    env: { ...process.env, PORT: String(port) },
    stdio: ['pipe', 'pipe', 'inherit']
  })
  child.stdin.end(JSON.stringify(answers))
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  if (String(line) !== 'ready\n') throw new Error('the upstream did not start')
  return { url: `http://127.0.0.1:${port}`, kind: isGo ? 'grpc-go' : 'node:http2', stop: () => stop(child) }
}

/** Builds the compiled upstream; Go itself knows when there is nothing to do. False: there is no Go here. */
async function buildGo(): Promise<boolean> {
  const env = { ...process.env, GOFLAGS: '-buildvcs=false -trimpath' }
  try {
    await promisify(execFile)('go', ['build', '-C', goFolder, '-o', goBinary, '.'], { env })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  }
}
