import { readFileSync } from 'node:fs'
import { getStringFromEnv, parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { StartError } from '../../../errors.ts'
import type { ChannelOptions } from '../../upstream/channel/options.ts'
import { positiveFromEnvironment } from '../environment.ts'

/** How spans are sent. */
export interface ExporterSettings extends Pick<ChannelOptions, 'target' | 'tls' | 'sendCompression'> {
  /** Sent with every export. */
  headers: Record<string, string>
  /** How long an export may take, in milliseconds. */
  timeoutMs: number
}

const defaultEndpoint = 'http://localhost:4317'
const defaultTimeoutMs = 10_000

/**
 * What OTEL_EXPORTER_OTLP_* says of spans; OTEL_EXPORTER_OTLP_TRACES_* counts more.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID for a file that cannot be read
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function exporterSettings(): ExporterSettings {
  const target = targetOf(read('ENDPOINT') ?? defaultEndpoint)
  return {
    target,
    tls: target.startsWith('https:') ? readTls() : null,
    sendCompression: read('COMPRESSION') === 'gzip' ? 'gzip' : 'identity',
    headers: { ...headersOf('OTEL_EXPORTER_OTLP_HEADERS'), ...headersOf('OTEL_EXPORTER_OTLP_TRACES_HEADERS') },
    timeoutMs: positiveFromEnvironment(
      'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      positiveFromEnvironment('OTEL_EXPORTER_OTLP_TIMEOUT', defaultTimeoutMs)
    )
  }
}

function read(name: string): string | undefined {
  const value = getStringFromEnv(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? getStringFromEnv(`OTEL_EXPORTER_OTLP_${name}`)
  return value?.trim()
}

/** Without a scheme it asks for TLS, unless that is switched off. gRPC has no use for a path. */
function targetOf(endpoint: string): string {
  if (endpoint.startsWith('unix:')) return endpoint
  const hasScheme = /^[a-z]+:\/\//i.test(endpoint)
  const scheme = read('INSECURE')?.toLowerCase() === 'true' ? 'http' : 'https'
  const url = hasScheme ? endpoint : `${scheme}://${endpoint}`
  return url.replace(/^([a-z]+:\/\/[^/]*).*$/i, '$1')
}

function readTls(): NonNullable<ExporterSettings['tls']> {
  const files = { ca: 'CERTIFICATE', cert: 'CLIENT_CERTIFICATE', key: 'CLIENT_KEY' }
  const contents = Object.entries(files).map(([name, variable]) => [name, readFile(variable)])
  return Object.fromEntries(contents.filter(([, content]) => content !== undefined))
}

function readFile(variable: string): Buffer | undefined {
  const path = read(variable)
  try {
    return path === undefined ? undefined : readFileSync(path)
  } catch (cause) {
    const problem = `cannot be read: ${(cause as Error).message}`
    throw new StartError('SLUICE_ERR_OPTION_INVALID', [`OTEL_EXPORTER_OTLP_${variable}`, problem], { cause })
  }
}

function headersOf(variable: string): Record<string, string> {
  return parseKeyPairsIntoRecord(getStringFromEnv(variable)?.trim())
}
