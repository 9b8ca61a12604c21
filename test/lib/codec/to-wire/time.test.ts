import { fromJson } from '@bufbuild/protobuf'
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import t from 'tap'
import { WellKnownSchema } from '../../../fixtures/gen/fixture/v1/types_pb.ts'
import { complaints, outcome, toWireWith } from './to-wire-with.ts'

const RFC3339 = 'must be a time as RFC 3339 writes it, such as "2024-05-01T12:30:00Z"'
const YEAR = 'must be a time in the years 1 to 9999'
const DURATION = 'must be a duration in seconds of at most 10,000 years, such as "1.5s"'

t.test('times are read as protobuf-es reads them', async t => {
  const times = [
    '2024-05-01T12:30:00Z',
    '2024-02-29T23:59:59.999999999Z',
    '2000-02-29T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '1970-01-01T00:00:00Z',
    '1969-12-31T23:59:59.5Z',
    '1900-03-01T00:00:00.000000001Z',
    '2024-05-01T12:30:00.1+05:45',
    '2024-05-01T12:30:00-00:30',
    '2024-12-31T23:59:59-23:59'
  ]
  for (const time of times) {
    const { message } = toWireWith(TimestampSchema, JSON.stringify(time))
    t.same(message, fromJson(TimestampSchema, time), time)
  }
  t.match(outcome(WellKnownSchema, 'timestamp', '"2024-05-01\\u005412:30:00Z"'), { seconds: 1714566600n })
})

t.test('every second of the calendar has its time', async t => {
  const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') }
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.date({ ...range, noInvalidDate: true }), date => {
        const { message } = toWireWith(TimestampSchema, JSON.stringify(date))
        const { seconds, nanos } = message as Timestamp
        return Number(seconds) * 1000 + nanos / 1e6 === date.getTime()
      }),
      { seed: 1, numRuns: 2000 }
    )
  )
})

t.test('what the calendar or RFC 3339 does not have is refused', async t => {
  const no = [
    '2024-05-01',
    '2024-05-01T12:30Z',
    '2024-05-01T12:30:00',
    '2024-05-01t12:30:00z',
    '2024-05-01 12:30:00Z',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-05-00T00:00:00Z',
    '2024-05-32T00:00:00Z',
    '2024-05-01T24:00:00Z',
    '2024-05-01T23:60:00Z',
    '2024-05-01T23:59:60Z',
    '2024-05-01T00:00:00+24:00',
    '2024-05-01T00:00:00+00:60',
    '2024-05-01T00:00:00+0000',
    '2024-05-01T00:00:00ZZ',
    '2024-05-01T00:00:00Z ',
    '2024-05-01T00:00:00.Z',
    '2024-05-01T00:00:00.0123456789Z',
    '2024-5-01T00:00:000Z',
    '-024-05-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    ''
  ]
  for (const text of [...no.map(time => JSON.stringify(time)), '1714521600', 'true', '{}', '[]']) {
    t.equal(outcome(WellKnownSchema, 'timestamp', text), RFC3339, text)
  }
  for (const time of ['0000-12-31T23:59:59Z', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01']) {
    t.equal(outcome(WellKnownSchema, 'timestamp', JSON.stringify(time)), YEAR, time)
  }
  t.same(complaints(WellKnownSchema, '{"timestamps":["x"]}'), [`timestamps[0]: ${RFC3339}`])
})

t.test('durations are read as protobuf-es reads them', async t => {
  const durations = [
    '0s',
    '-0s',
    '1s',
    '1.5s',
    '-1.5s',
    '-0.5s',
    '0.000000001s',
    '-1.000000001s',
    '1.123456789s',
    '315576000000s',
    '-315576000000s'
  ]
  for (const duration of durations) {
    const { message } = toWireWith(DurationSchema, JSON.stringify(duration))
    const { seconds, nanos } = fromJson(DurationSchema, duration)
    // protobuf-es keeps the minus of a zero, which the wire does not have.
    t.match(message, { seconds, nanos: nanos + 0 } as Duration, duration)
  }
})

t.test('what is no duration is refused', async t => {
  const no = [
    ...[
      '1',
      '1.5',
      's',
      '-s',
      '.5s',
      '1.s',
      '1.0123456789s',
      '1 s',
      ' 1s',
      '+1s',
      '--1s',
      '1e3s',
      '0x1s',
      '1sx',
      '1s '
    ],
    ...['315576000001s', '-315576000001s', '9999999999999s', '']
  ]
  for (const text of [...no.map(duration => JSON.stringify(duration)), '1', 'true', '{}', '[]']) {
    t.equal(outcome(WellKnownSchema, 'duration', text), DURATION, text)
  }
})
