import t from 'tap'
import { positiveFromEnvironment } from '../../../lib/telemetry/environment.ts'

for (const [text, expected] of [
  ['', 7],
  ['100', 100],
  ['0', 7],
  ['-1', 7],
  ['x', 7]
] as const) {
  t.test(`"${text}" is taken for ${expected}`, async t => {
    process.env.SLUICE_TEST_NUMBER = text
    t.equal(positiveFromEnvironment('SLUICE_TEST_NUMBER', 7), expected)
  })
}
