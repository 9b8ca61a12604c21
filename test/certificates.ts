import { generateKeyPairSync } from 'node:crypto'
import { isIP } from 'node:net'
import forge from 'node-forge'

/** Who issues certificates. */
export interface Authority {
  /** Its own certificate, in PEM: the `ca` of those that trust it. */
  cert: string
  /** Its private key, in PEM. */
  key: string
}

/** A certificate and its private key, in PEM: what Node takes as `cert` and `key`. */
export interface Issued {
  cert: string
  key: string
}

export interface IssueOptions {
  ca: Authority
  /** The names that the certificate is for: of hosts, and addresses. */
  names: readonly string[]
  /** Whether it was valid only until yesterday. Default: false; it is valid for a day. */
  expired?: boolean
}

const dayMs = 24 * 60 * 60 * 1000

/** The general names of RFC 5280, section 4.2.1.6. */
const dnsName = 2
const ipAddress = 7

let serialNumber = 1

/** Creates an authority that nobody knows. */
export function createAuthority(name = 'An authority of tests'): Authority {
  const keys = generateKeys()
  const certificate = createCertificate(keys, name, false)
  certificate.setIssuer(commonName(name))
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
    { name: 'subjectKeyIdentifier' }
  ])
  return sign(certificate, keys.key, keys.key)
}

/** Issues a certificate for a server, or for a client of mutual TLS. */
export function issue({ ca, names, expired = false }: IssueOptions): Issued {
  const keys = generateKeys()
  const certificate = createCertificate(keys, names[0]!, expired)
  const issuer = forge.pki.certificateFromPem(ca.cert)
  certificate.setIssuer(issuer.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    {
      name: 'subjectAltName',
      altNames: names.map(name => (isIP(name) === 0 ? { type: dnsName, value: name } : { type: ipAddress, ip: name }))
    }
  ])
  return sign(certificate, ca.key, keys.key)
}

function generateKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
  return { publicKey, key: privateKey }
}

function createCertificate(keys: { publicKey: string }, name: string, expired: boolean): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey)
  certificate.serialNumber = (serialNumber++).toString(16).padStart(4, '0')
  const now = Date.now()
  certificate.validity.notBefore = new Date(now - (expired ? 2 : 1) * dayMs)
  certificate.validity.notAfter = new Date(now + (expired ? -1 : 1) * dayMs)
  certificate.setSubject(commonName(name))
  return certificate
}

function commonName(value: string): forge.pki.CertificateField[] {
  return [{ name: 'commonName', value }]
}

function sign(certificate: forge.pki.Certificate, issuerKey: string, key: string): Issued {
  certificate.sign(forge.pki.privateKeyFromPem(issuerKey), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key }
}
