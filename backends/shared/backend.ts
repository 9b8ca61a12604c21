import type { DescService } from '@bufbuild/protobuf'
import type { ConnectRouter } from '@connectrpc/connect'
import type { Logger } from 'pino'
import type { Tokens } from './identity.ts'
import type { Pager } from './paging.ts'
import type { ServiceSettings } from './settings.ts'

/** What a service is made of, without the server around it. */
export interface Backend {
  /** Registers the rpcs. What is not registered answers UNIMPLEMENTED. */
  readonly routes: (router: ConnectRouter) => void
  /** The services of `routes`, for health and reflection. */
  readonly services: DescService[]
  /** Whether the service can do its work now: a cheap look at its database. */
  ready(): Promise<boolean>
  /** Stops timers and background work, closes connections. Called after the last rpc ended. */
  close(): Promise<void>
}

export interface BackendDependencies {
  log: Logger
  tokens: Tokens
  pager: Pager
}

/** Opens a service: its database, its connections, its background work. */
export type BackendFactory = (settings: ServiceSettings, dependencies: BackendDependencies) => Promise<Backend>
