import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PeerSettings } from '../../peer.ts'

/** The largest request body that the contenders take, in bytes: more than any case has. */
export const bodyLimit = 4 * 1024 * 1024

/**
 * Starts a program of this folder, which finds its settings in `PEER_SETTINGS`, and listens on `PORT`.
 *
 * @param execArgv options of Node
 */
export function startNode(
  file: string,
  settings: PeerSettings,
  env: NodeJS.ProcessEnv = {},
  execArgv: readonly string[] = []
): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return spawn(process.execPath, [...execArgv, path], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: String(settings.port),
      PEER_SETTINGS: JSON.stringify(settings),
      ...env
    },
    stdio: ['ignore', 'ignore', 'inherit']
  })
}

/** What the program was started with. */
export function readSettings(): PeerSettings {
  return JSON.parse(process.env.PEER_SETTINGS!) as PeerSettings
}

/** What the SDK of OpenTelemetry reads. */
export function telemetryEnvironment({ mode, sampling, otlpPort }: PeerSettings): NodeJS.ProcessEnv {
  if (mode === 'bare') return { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: '' }
  const traces: NodeJS.ProcessEnv =
    sampling === 0
      ? { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }
      : { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(sampling) }
  return {
    ...traces,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${otlpPort}`,
    OTEL_METRIC_EXPORT_INTERVAL: '15000'
  }
}
