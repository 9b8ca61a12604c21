import { Code } from '@connectrpc/connect'
import type { Certificates } from './certificates.ts'
import type { Stage } from './stage.ts'

export interface Scenario {
  name: string
  /** How many upstreams there are. Default 3. */
  upstreams?: number
  proxied?: boolean
  tls?: boolean
  /** How long the fault lasts, and how long the client goes on after it, in milliseconds. */
  faultMs: number
  afterMs: number
  begin(stage: Stage, certificates: Certificates): unknown
  end(stage: Stage): unknown
}

export const scenarios: readonly Scenario[] = [
  {
    name: '`kill -9` of one of three, restarted after 5 s',
    faultMs: 5000,
    afterMs: 3000,
    begin: stage => stage.kill(),
    end: stage => stage.restart()
  },
  {
    name: '`kill -9` of the only one, restarted after 2 s',
    upstreams: 1,
    faultMs: 2000,
    afterMs: 5000,
    begin: stage => stage.kill(),
    end: stage => stage.restart()
  },
  {
    name: '`kill -9` of the only one, restarted after 8 s',
    upstreams: 1,
    faultMs: 8000,
    afterMs: 12_000,
    begin: stage => stage.kill(),
    end: stage => stage.restart()
  },
  {
    name: 'all three restarted in good order (`SIGTERM`), one after the other',
    faultMs: 6000,
    afterMs: 3000,
    begin: stage => stage.restartAll(),
    end() {}
  },
  {
    name: 'the only one restarted in good order (`SIGTERM`)',
    upstreams: 1,
    faultMs: 3000,
    afterMs: 3000,
    begin: stage => stage.restartAll(),
    end() {}
  },
  {
    name: '`SIGSTOP` of one of three, `SIGCONT` after 10 s',
    faultMs: 10_000,
    afterMs: 4000,
    begin: stage => stage.signal('SIGSTOP'),
    end: stage => stage.signal('SIGCONT')
  },
  {
    name: 'half-open TCP to one of three for 10 s',
    proxied: true,
    faultMs: 10_000,
    afterMs: 4000,
    begin: stage => stage.setProxy('swallow'),
    end: stage => stage.setProxy('pass')
  },
  {
    name: 'one of three drips a byte every 10 ms for 10 s',
    proxied: true,
    faultMs: 10_000,
    afterMs: 4000,
    begin: stage => stage.setProxy('drip'),
    end: stage => stage.setProxy('pass')
  },
  {
    name: 'one of three comes back with a certificate of another name, mended after 6 s',
    tls: true,
    faultMs: 6000,
    afterMs: 4000,
    async begin(stage, { wrong }) {
      await stage.kill()
      await stage.restart(wrong)
    },
    async end(stage) {
      await stage.kill()
      await stage.restart()
    }
  },
  {
    name: 'the only one sends GOAWAY after every 5 calls for 5 s',
    upstreams: 1,
    faultMs: 5000,
    afterMs: 3000,
    begin: stage => stage.behave({ goawayAfter: 5 }),
    end: stage => stage.behave({})
  },
  {
    name: 'one of three fails every call with UNAVAILABLE for 8 s',
    faultMs: 8000,
    afterMs: 4000,
    begin: stage => stage.behave({ failWith: Code.Unavailable }),
    end: stage => stage.behave({})
  },
  {
    name: 'one of three fails every call with INTERNAL for 8 s',
    faultMs: 8000,
    afterMs: 4000,
    begin: stage => stage.behave({ failWith: Code.Internal }),
    end: stage => stage.behave({})
  }
]
