import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { exporterSettings } from '../../../../lib/telemetry/otlp/exporter-settings.ts'

const prefix = 'OTEL_EXPORTER_OTLP_'

/** The settings that these variables make, which are named without what all begin with. */
function settingsWith(variables: Record<string, string>) {
  const before = { ...process.env }
  for (const name of Object.keys(process.env)) if (name.startsWith(prefix)) delete process.env[name]
  for (const [name, value] of Object.entries(variables)) process.env[prefix + name] = value
  try {
    return exporterSettings()
  } finally {
    process.env = before
  }
}

t.test('without variables spans go to a collector on this machine, in plain text', async t => {
  t.same(settingsWith({}), {
    target: 'http://localhost:4317',
    tls: null,
    sendCompression: 'identity',
    headers: {},
    timeoutMs: 10_000
  })
})

const targets: [what: string, variables: Record<string, string>, target: string][] = [
  ['an endpoint', { ENDPOINT: ' http://collector:4317 ' }, 'http://collector:4317'],
  ['its path is of no use', { ENDPOINT: 'http://collector:4317/v1/traces' }, 'http://collector:4317'],
  ['that of traces counts', { ENDPOINT: 'http://a:1', TRACES_ENDPOINT: 'http://b:2' }, 'http://b:2'],
  ['an empty one is none', { ENDPOINT: 'http://a:1', TRACES_ENDPOINT: '' }, 'http://a:1'],
  ['without a scheme it is TLS', { ENDPOINT: 'collector:4317' }, 'https://collector:4317'],
  ['unless that is off', { ENDPOINT: 'collector:4317', INSECURE: 'TRUE' }, 'http://collector:4317'],
  ['a scheme says more', { ENDPOINT: 'https://collector:4317', INSECURE: 'true' }, 'https://collector:4317'],
  ['a socket', { ENDPOINT: 'unix:/run/collector.sock' }, 'unix:/run/collector.sock']
]

for (const [what, variables, target] of targets) {
  t.test(`where spans go: ${what}`, async t => {
    t.equal(settingsWith(variables).target, target)
  })
}

t.test('headers of traces are added to those of all', async t => {
  const { headers } = settingsWith({ HEADERS: 'a=1,b=%20x', TRACES_HEADERS: 'b=2' })
  t.same(headers, { a: '1', b: '2' })
})

t.test('compression and time-out', async t => {
  const settings = { COMPRESSION: 'gzip', TIMEOUT: '500' }
  t.match(settingsWith(settings), { sendCompression: 'gzip', timeoutMs: 500 })
  t.match(settingsWith({ ...settings, TRACES_COMPRESSION: 'none', TRACES_TIMEOUT: '20' }), {
    sendCompression: 'identity',
    timeoutMs: 20
  })
})

t.test('certificates are read from their files, for TLS alone', async t => {
  const directory = t.testdir()
  const files = { CERTIFICATE: 'ca', CLIENT_CERTIFICATE: 'cert', CLIENT_KEY: 'key' }
  const variables = Object.entries(files).map(([variable, name]) => {
    writeFileSync(join(directory, name), `the ${name}`)
    return [variable, join(directory, name)]
  })
  const all = Object.fromEntries(variables)
  const tls = { ca: Buffer.from('the ca'), cert: Buffer.from('the cert'), key: Buffer.from('the key') }
  t.same(settingsWith({ ...all, ENDPOINT: 'https://collector' }).tls, tls)
  t.same(settingsWith({ CERTIFICATE: all.CERTIFICATE, ENDPOINT: 'https://collector' }).tls, { ca: tls.ca })
  t.equal(settingsWith({ ...all, ENDPOINT: 'http://collector' }).tls, null)
})

t.test('a file that cannot be read keeps the process from starting', async t => {
  const variables = { ENDPOINT: 'https://collector', CERTIFICATE: join(t.testdir(), 'missing.pem') }
  t.throws(() => settingsWith(variables), {
    code: 'SLUICE_ERR_OPTION_INVALID',
    message: /OTEL_EXPORTER_OTLP_CERTIFICATE: cannot be read: ENOENT/
  })
})
