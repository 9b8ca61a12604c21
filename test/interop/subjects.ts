import t, { type Test } from 'tap'
import { buildGo } from '../../tools/go-build.ts'
import { createAuthority, issue } from '../certificates.ts'
import { startConnectNode } from './servers/connect-node.ts'
import { startGrpcGo } from './servers/grpc-go.ts'
import { startGrpcJs } from './servers/grpc-js.ts'
import type { StartServer } from './servers/server.ts'

/** What the servers of some makers can be made to do, and not those of others. */
export type Ability = 'gzip answers' | 'small windows' | 'large frames' | 'frequent PINGs'

interface Maker {
  name: string
  /** Or why it cannot be had here. */
  start: StartServer | string
  can: readonly Ability[]
}

const go = await buildGo('test/interop/go', 'interop')

const makers: readonly Maker[] = [
  { name: 'grpc-go', start: go.missing ?? startGrpcGo(go.path), can: ['gzip answers'] },
  {
    name: 'connect-node',
    start: startConnectNode,
    can: ['gzip answers', 'small windows', 'large frames', 'frequent PINGs']
  },
  { name: 'grpc-js', start: startGrpcJs, can: ['frequent PINGs'] }
]

type Transport = 'plain text' | 'TLS'

export interface AgainstOptions {
  /** Only servers that can do this. Default: all. */
  needs?: Ability
  /** Default: plain text, and TLS. */
  over?: readonly Transport[]
}

/** Tests the same with the server of each maker. */
export function against(
  behaviour: string,
  run: (t: Test, start: StartServer) => Promise<void>,
  { needs, over = ['plain text', 'TLS'] }: AgainstOptions = {}
): void {
  for (const { name, start, can } of makers) {
    if (needs !== undefined && !can.includes(needs)) continue
    for (const transport of over) {
      const title = `${name}, ${transport}: ${behaviour}`
      if (typeof start === 'string') t.test(title, { skip: start }, () => {})
      else t.test(title, t => run(t, transport === 'TLS' ? secured(start) : start))
    }
  }
}

/** Whoever issues certificates in these tests. */
export const authority = createAuthority()

/** That of the servers. */
export const certificate = issue({ ca: authority, names: ['127.0.0.1'] })

function secured(start: StartServer): StartServer {
  return (t, options) => start(t, { tls: certificate, ...options })
}
