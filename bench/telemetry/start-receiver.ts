import { ask, freePort, startProgram, stop } from '../processes.ts'

/** What takes the telemetry of contenders. */
export interface Receiver {
  /** On 127.0.0.1: OTLP/gRPC in plain text. */
  port: number
  /** Spans that have arrived so far. */
  spans(): Promise<number>
  stop(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const port = await freePort()
  const child = await startProgram('./telemetry/receiver.ts', { PORT: String(port) })
  return { port, spans: async () => Number(await ask(child, {})), stop: () => stop(child) }
}
