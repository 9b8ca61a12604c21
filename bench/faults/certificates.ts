import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Where a certificate and its key are, in PEM. */
export interface CertificateFiles {
  cert: string
  key: string
}

export interface Certificates {
  /** Where both are; it can be removed with them. */
  folder: string
  /** Of 127.0.0.1, where the upstreams are. */
  right: CertificateFiles
  /** Of somebody else. */
  wrong: CertificateFiles
}

/** Makes two certificates that sign themselves, by openssl. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  const [right, wrong] = await Promise.all([
    make(folder, 'right', 'IP:127.0.0.1'),
    make(folder, 'wrong', 'DNS:somebody-else.test')
  ])
  return { folder, right, wrong }
}

async function make(folder: string, name: string, subjectAltName: string): Promise<CertificateFiles> {
  const cert = join(folder, `${name}.pem`)
  const key = join(folder, `${name}.key`)
  const what = ['req', '-x509', '-days', '1', '-nodes', '-subj', `/CN=${name}`]
  const how = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-addext',
    `subjectAltName=${subjectAltName}`
  ]
  await promisify(execFile)('openssl', [...what, ...how, '-keyout', key, '-out', cert])
  return { cert, key }
}
