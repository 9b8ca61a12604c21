import { create, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import {
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus
} from '../../../../gen/grpc/health/v1/health_pb.ts'
import {
  HealthMonitor,
  type HealthOptions,
  healthDefaults,
  isServing
} from '../../../../lib/upstream/channel/health.ts'
import type { StreamAnswer, UnaryAnswer } from '../../../../lib/upstream/grpc/call.ts'
import type { Wire } from '../../../../lib/upstream/grpc/wire.ts'
import { until } from '../../../helper.ts'

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus
const unimplemented = new ConnectError('', Code.Unimplemented)

/** What an endpoint does: one entry for each time it is asked. The last goes for all further times. */
interface Script {
  /** What a Watch says, and then how it ends; `hang`: not at all. */
  watches?: { says?: ServingStatus[]; ends: ConnectError | 'end' | 'hang' }[]
  checks?: (ServingStatus | ConnectError)[]
}

function answerOf(status: ServingStatus): Uint8Array {
  return toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }))
}

function start(
  t: Tap,
  { watches = [], checks = [] }: Script,
  options: Partial<HealthOptions> = {},
  room = { hasRoom: true, hasRoomBesideWatch: true }
) {
  const asked: string[] = []
  const told: string[] = []
  let open = 0
  const wire = {
    async unary() {
      asked.push('check')
      const answer = checks[Math.min(asked.filter(one => one === 'check').length, checks.length) - 1]!
      if (answer instanceof ConnectError) throw answer
      return { message: answerOf(answer) } as UnaryAnswer
    },
    async stream(_method, _content, { signal } = {}) {
      asked.push('watch')
      const script = watches[Math.min(asked.filter(one => one === 'watch').length, watches.length) - 1]!
      if (script.says === undefined && script.ends instanceof ConnectError) throw script.ends
      async function* messages() {
        open += 1
        try {
          for (const status of script.says ?? []) yield answerOf(status)
          if (script.ends instanceof ConnectError) throw script.ends
          if (script.ends === 'hang') await new Promise((_resolve, reject) => signal!.addEventListener('abort', reject))
        } finally {
          open -= 1
        }
      }
      return { messages: messages() } as unknown as StreamAnswer
    }
  } satisfies Wire
  const monitor = new HealthMonitor({
    ...healthDefaults,
    intervalMs: 5,
    timeoutMs: 1_000,
    ...options,
    wire,
    hasRoom: () => room.hasRoom,
    hasRoomBesideWatch: () => room.hasRoomBesideWatch,
    backoff: { baseMs: 5, jitter: 0 },
    onStatus: status => told.push(status)
  })
  t.teardown(() => monitor.stop())
  return { monitor, asked, told, room, openWatches: () => open }
}

type Tap = Pick<typeof t, 'teardown'>

/** Some of the intervals at which endpoints are asked. */
async function passIntervals(): Promise<void> {
  const startedAt = performance.now()
  await until(() => performance.now() - startedAt > 25)
}

t.test('a Watch tells each change', async t => {
  const { told, asked } = start(t, { watches: [{ says: [SERVING, NOT_SERVING, SERVING], ends: 'hang' }] })
  await until(() => told.length === 3)
  t.same(told, ['serving', 'not serving', 'serving'])
  t.same(asked, ['watch'])
})

t.test('a service that the server does not know is not serving', async t => {
  const { told } = start(t, { watches: [{ says: [SERVICE_UNKNOWN], ends: 'hang' }] })
  await until(() => told.length === 1)
  t.same(told, ['not serving'])
})

t.test('a Watch that breaks is begun again, and what it said holds until that fails', async t => {
  const lost = new ConnectError('', Code.Unavailable)
  const { told, asked } = start(t, {
    watches: [
      { says: [SERVING], ends: 'end' },
      { says: [SERVING], ends: lost },
      { ends: lost },
      { says: [SERVING], ends: 'hang' }
    ]
  })
  await until(() => asked.length === 4 && told.length === 4)
  t.same(told, ['serving', 'serving', 'unknown', 'serving'])
})

t.test('a Watch that says nothing is given up', async t => {
  const { told, asked } = start(t, { watches: [{ ends: 'hang' }] }, { timeoutMs: 5 })
  await until(() => asked.length > 1)
  t.equal(told[0], 'unknown')
})

t.test('without Watch, Check is asked again and again', async t => {
  const { told, asked } = start(t, { watches: [{ ends: unimplemented }], checks: [SERVING, NOT_SERVING, SERVING] })
  await until(() => told.length >= 3)
  t.same(told.slice(0, 3), ['serving', 'not serving', 'serving'])
  t.same(asked.slice(0, 3), ['watch', 'check', 'check'])
})

t.test('Check may be preferred', async t => {
  const { told, asked } = start(t, { checks: [SERVING] }, { mode: 'check' })
  await until(() => told.length === 1)
  t.same(asked, ['check'])
})

t.test('a Check without an answer leaves it unknown; for an unknown service it is not serving', async t => {
  const late = new ConnectError('', Code.DeadlineExceeded)
  const unknown = new ConnectError('', Code.NotFound)
  const { told } = start(t, { checks: [SERVING, late, unknown] }, { mode: 'check' })
  await until(() => told.length >= 3)
  t.same(told.slice(0, 3), ['serving', 'unknown', 'not serving'])
})

t.test('a server without a health service serves, and is not asked any more', async t => {
  const { told, asked } = start(t, { watches: [{ ends: unimplemented }], checks: [unimplemented, SERVING] })
  await until(() => told.length === 1)
  await passIntervals()
  t.same(told, ['serving'])
  t.same(asked, ['watch', 'check'])
})

t.test('nothing is asked when that is off', async t => {
  const { asked } = start(t, {}, { mode: 'off' })
  await new Promise(resolve => setImmediate(resolve))
  t.same(asked, [])
})

t.test('a Watch gives way to calls, and Check takes its place', async t => {
  const { monitor, told, asked, openWatches } = start(t, {
    watches: [{ says: [SERVING], ends: 'hang' }],
    checks: [NOT_SERVING]
  })
  await until(() => told.length === 1)
  monitor.giveWay()
  await until(() => told.length > 1)
  t.equal(openWatches(), 0)
  t.same(told.slice(0, 2), ['serving', 'not serving'])
  t.same(asked.slice(0, 2), ['watch', 'check'])
})

t.test('where a Watch would leave no stream to calls, Check is asked', async t => {
  const room = { hasRoom: true, hasRoomBesideWatch: false }
  const { told, asked } = start(t, { checks: [SERVING] }, {}, room)
  await until(() => told.length > 0)
  t.equal(asked[0], 'check')
})

t.test('where there is no room, nothing is asked', async t => {
  const { told, asked, room } = start(t, { checks: [SERVING] }, { mode: 'check' })
  await until(() => asked.length === 1)
  room.hasRoom = false
  const { length } = asked
  await passIntervals()
  t.ok(asked.length <= length + 1)
  t.equal(told.at(-1), 'serving')
})

t.test('once it is stopped nothing is told, and nothing is open', async t => {
  const { monitor, told, openWatches } = start(t, { watches: [{ says: [SERVING], ends: 'hang' }] })
  await until(() => told.length === 1)
  monitor.stop()
  await until(() => openWatches() === 0)
  await new Promise(resolve => setImmediate(resolve))
  t.same(told, ['serving'])
})

const answers: [string, ServingStatus | ConnectError, boolean][] = [
  ['it says so', SERVING, true],
  ['it says no', NOT_SERVING, false],
  ['it has no health service', unimplemented, true]
]

for (const [name, answer, expected] of answers) {
  t.test(`asked once whether it serves: ${name}`, async t => {
    const wire = {
      async unary() {
        if (answer instanceof ConnectError) throw answer
        return { message: answerOf(answer) }
      }
    } as unknown as Wire
    t.equal(await isServing(wire, '', 1_000), expected)
  })
}
