import { create, fromJson } from '@bufbuild/protobuf'
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { readDuration, readTimestamp } from '../../../lib/codec/read-time.ts'
import { outcome } from './read-outcome.ts'

t.test('a time is as RFC 3339 writes it', async t => {
  for (const text of [
    '2024-05-01T12:30:00Z',
    '2024-02-29T23:59:59.999999999Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '1969-12-31T23:59:59.5Z',
    '2024-05-01T12:30:00.1+05:45',
    '2024-05-01T12:30:00-00:30'
  ]) {
    t.same(outcome(readTimestamp, text), fromJson(TimestampSchema, text), text)
  }
})

t.test('a time that no calendar or clock has is none', async t => {
  for (const text of [
    ...['', 'now', '2024-05-01', '2024-05-01 12:30:00Z', '2024-05-01T12:30:00', '2024-05-01t12:30:00z'],
    ...['2024-05-01T12:30Z', '2024-05-01T12:30:00.Z', '2024-05-01T12:30:00.1234567890Z', ' 2024-05-01T12:30:00Z'],
    ...['2023-02-29T00:00:00Z', '2024-04-31T00:00:00Z', '2024-13-01T00:00:00Z', '2024-05-01T24:00:00Z'],
    ...['2024-05-01T12:60:00Z', '2024-05-01T12:30:60Z', '2024-05-01T12:30:00+24:00', '+12024-05-01T12:30:00Z']
  ]) {
    t.match(outcome(readTimestamp, text), /^must be a time as RFC 3339 writes it/, text)
  }
  for (const text of ['0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01']) {
    t.equal(outcome(readTimestamp, text), 'must be a time in the years 1 to 9999', text)
  }
})

t.test('a duration is in seconds', async t => {
  const cases: [text: string, seconds: bigint, nanos: number][] = [
    ['0s', 0n, 0],
    ['-0s', 0n, 0],
    ['1.5s', 1n, 500_000_000],
    ['-1.5s', -1n, -500_000_000],
    ['-0.5s', 0n, -500_000_000],
    ['0.000000001s', 0n, 1],
    ['315576000000s', 315_576_000_000n, 0]
  ]
  for (const [text, seconds, nanos] of cases) {
    t.same(outcome(readDuration, text), create(DurationSchema, { seconds, nanos }), text)
  }
  for (const text of ['', '5', '5 s', '+5s', '.5s', '5.s', '1m', '315576000001s', '0.0000000001s', 's']) {
    t.match(outcome(readDuration, text), /^must be a duration in seconds/, text)
  }
})
