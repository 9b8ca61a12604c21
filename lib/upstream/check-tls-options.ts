import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { StartError } from '../../errors.ts'
import type { TlsOptions } from './socket.ts'

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * Says before the first connection what would make all of them fail. Node itself passes over authorities that it cannot
 * read, and over a certificate without its key.
 *
 * @param upstream whose options these are.
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export function checkTlsOptions(upstream: string, tls: TlsOptions): void {
  const { ca, cert, key, serverName } = tls
  const invalid = (problem: string, cause?: unknown) =>
    new StartError('SLUICE_ERR_OPTION_INVALID', [`the TLS of ${upstream}`, problem], { cause })

  if (ca !== undefined && !hasCertificates(ca)) throw invalid('ca is not certificates in PEM')
  if (cert === undefined && key !== undefined) throw invalid('key without cert')
  if (cert !== undefined && key === undefined) throw invalid('cert without key')
  if (serverName === '') throw invalid('serverName is empty')
  try {
    createSecureContext(tls)
  } catch (error) {
    throw invalid((error as Error).message, error)
  }
}

/** Whether there is at least one in each file, and nothing that looks like one and is none. */
function hasCertificates(ca: NonNullable<TlsOptions['ca']>): boolean {
  const files = [ca].flat()
  return files.length > 0 && files.every(file => areCertificates(String(file).match(certificatePattern) ?? []))
}

function areCertificates(texts: readonly string[]): boolean {
  try {
    return texts.map(text => new X509Certificate(text)).length > 0
  } catch {
    return false
  }
}
