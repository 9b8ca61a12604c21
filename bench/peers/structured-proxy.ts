import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../../tools/buf.ts'
import type { Peer } from '../peer.ts'
import { descriptorFiles, descriptorSet } from './descriptor-set.ts'
import { makeFolder, startConfigured } from './start-configured.ts'
import { config, withProtoNames } from './structured-proxy/config.ts'

const run = promisify(execFile)

/** The newest that a stable Rust of 1.95 compiles: from 8.0.0 on it wants 1.99. */
const release = '7.0.0'
const installed = join(ROOT, '.cache/bench/structured-proxy', release)
const binary = join(installed, 'bin/structured-proxy')
const cargoFlags = ['--quiet', '--locked', '--features', 'cli', '--root', installed]

/** structured-proxy: the same idea in Rust. */
export const structuredProxy: Peer = {
  id: 'structured-proxy',
  title: 'structured-proxy',
  // Of `full` it lacks what all others have: tokens of HS256, traces that it exports, and a circuit.
  modes: ['bare'],
  scales: true,
  slowToBuild: true,
  remarks: 'Parameters of the query that are not known are dropped and not refused.',
  version: async () => `structured-proxy ${release}`,
  async build() {
    if (existsSync(binary)) return null
    try {
      await run('cargo', ['install', ...cargoFlags, '--version', release, 'structured-proxy'])
      return null
    } catch (error) {
      return `the crate structured-proxy ${release} cannot be had: ${(error as Error).message.trim().split('\n').at(-1)}`
    }
  },
  async start(settings) {
    const descriptors = 'services.binpb'
    const folder = await makeFolder({
      [descriptors]: descriptorSet(withProtoNames(descriptorFiles(settings.extraRoutes))),
      'config.yaml': JSON.stringify(config(settings, descriptors))
    })
    return startConfigured(binary, ['--config', 'config.yaml'], folder)
  }
}
