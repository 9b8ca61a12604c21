import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { StartServer } from './server.ts'

/** A server of grpc-go. @param program see ../go. */
export function startGrpcGo(program: string): StartServer {
  return async (t, options = {}) => {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    t.teardown(async () => {
      child.kill('SIGKILL')
      await exited
    })
    child.stdin.write(`${JSON.stringify(options)}\n`)
    const [line] = await Promise.race([once(child.stdout, 'data'), exited])
    if (!Buffer.isBuffer(line)) throw new Error('the server of grpc-go did not start')
    return {
      port: Number(line),
      isSecure: options.tls !== undefined,
      async stop() {
        child.stdin.end()
        await exited
      }
    }
  }
}
