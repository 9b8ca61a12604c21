import { mock } from 'node:test'
import t from 'tap'
import { Handshake } from '../../../../lib/upstream/http2/handshake.ts'

function setUp() {
  const told: string[] = []
  const handshake = new Handshake({
    connectTimeoutMs: 100,
    onConnectTimeout: () => told.push('connect'),
    onSettingsTimeout: () => told.push('settings')
  })
  return { handshake, told }
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.afterEach(() => mock.timers.reset())

t.test('a server that says nothing is given up', async t => {
  const { told } = setUp()
  mock.timers.tick(99)
  t.same(told, [])
  mock.timers.tick(1)
  t.same(told, ['connect'])
})

t.test('a server that does not acknowledge our settings is given up ten seconds later', async t => {
  const { handshake, told } = setUp()
  handshake.onReady()
  mock.timers.tick(9_999)
  t.same(told, [])
  mock.timers.tick(1)
  t.same(told, ['settings'])
})

for (const order of [
  ['onReady', 'onSettingsAck'],
  ['onSettingsAck', 'onReady']
] as const) {
  t.test(`with ${order.join(' and ')}, it is over`, async t => {
    const { handshake, told } = setUp()
    for (const event of order) handshake[event]()
    mock.timers.tick(1e6)
    t.same(told, [])
  })
}

t.test('an acknowledgement alone is no beginning', async t => {
  const { handshake, told } = setUp()
  handshake.onSettingsAck()
  mock.timers.tick(100)
  t.same(told, ['connect'])
})

t.test('what was stopped tells nothing', async t => {
  const { handshake, told } = setUp()
  handshake.stop()
  mock.timers.tick(1e6)
  t.same(told, [])
})
