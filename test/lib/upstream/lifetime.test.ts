import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { Lifetime } from '../../../lib/upstream/lifetime.ts'
import { until } from '../../helper.ts'

t.test('a call goes on until something ends it', async t => {
  const lifetime = new Lifetime(new AbortController().signal, undefined)
  t.equal(lifetime.reason, null)
  t.equal(lifetime.signal.aborted, false)
})

t.test('what ends a call is told at once, once, and to its signal', async t => {
  const caller = new AbortController()
  const lifetime = new Lifetime(caller.signal, 10_000)
  const told: ConnectError[] = []
  lifetime.onEnd = reason => told.push(reason)
  const { signal } = lifetime
  caller.abort()
  lifetime.end(new ConnectError('later', Code.Internal))
  t.equal(told.length, 1)
  t.match(lifetime.reason, { code: Code.Canceled })
  t.equal(signal.reason, lifetime.reason)
})

t.test('a caller’s reason stays what it is', async t => {
  const late = new ConnectError('late', Code.DeadlineExceeded)
  t.equal(new Lifetime(AbortSignal.abort(late), undefined).reason, late)
  const cause = new RangeError('why')
  t.match(new Lifetime(AbortSignal.abort(cause), undefined).reason, { code: Code.Canceled, cause })
})

t.test('a signal that is asked for late knows of the end', async t => {
  const lifetime = new Lifetime(AbortSignal.abort(), undefined)
  t.equal(lifetime.signal.aborted, true)
})

t.test('a deadline passes', async t => {
  const lifetime = new Lifetime(undefined, 1)
  await until(() => lifetime.reason !== null)
  t.match(lifetime.reason, { code: Code.DeadlineExceeded })
})

t.test('a deadline that no timer can count does not pass', async t => {
  const lifetime = new Lifetime(undefined, 1e15)
  t.teardown(() => lifetime.close())
  await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(lifetime.reason, null)
})

t.test('what is over by itself is not ended by anything', async t => {
  const caller = new AbortController()
  const lifetime = new Lifetime(caller.signal, 10_000)
  lifetime.onEnd = () => t.fail('it is over')
  lifetime.close()
  lifetime.endIn(0)
  caller.abort()
  lifetime.end(new ConnectError('late', Code.Canceled))
  t.equal(lifetime.reason, null)
})
