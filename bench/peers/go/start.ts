import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { buildGo } from '../../../tools/go-build.ts'
import type { Peer, PeerSettings } from '../../peer.ts'

const folder = 'bench/peers/go'

/** A contender that is a program of the module in this folder. */
export function goPeer(
  program: string,
  { modules, ...peer }: Omit<Peer, 'version' | 'build' | 'start'> & { modules: readonly string[] }
): Peer {
  let path: string | undefined
  return {
    ...peer,
    async version() {
      const text = await readFile(new URL('./go.mod', import.meta.url), 'utf8')
      const versions = modules.map(module => `${module} ${new RegExp(`${module} (v\\S+)`).exec(text)?.[1]}`)
      return versions.join(', ')
    },
    async build() {
      const built = await buildGo(folder, `bench-${program}`, `./${program}`)
      path = built.path
      return built.missing ?? null
    },
    start: async settings => startGo(path!, settings)
  }
}

function startGo(path: string, settings: PeerSettings): ChildProcess {
  return spawn(path, {
    env: {
      ...process.env,
      GOMAXPROCS: String(settings.workers),
      GIN_MODE: 'release',
      PEER_SETTINGS: JSON.stringify(settings)
    },
    stdio: ['ignore', 'ignore', 'inherit']
  })
}
