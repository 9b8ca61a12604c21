import t from 'tap'
import { warnOfOverlaps } from '../../../plugins/transcode/warn-of-overlaps.ts'
import { rulesOf } from '../../lib/httprule/random-rules.ts'

const rpc = '(fixture.v1.LibraryService.GetBook)'

/** What is logged when the gateway starts with these rules. */
function warningsOf(...rules: string[]): string[] {
  const warnings: string[] = []
  warnOfOverlaps({ warn: (message: unknown) => warnings.push(String(message)) }, rulesOf(...rules))
  return warnings
}

t.test('rules that meet without a plain winner are told with a URL to try', async t => {
  t.same(warningsOf('GET /a/{x}', 'GET /{y}/b'), [
    `GET /a/b matches two rules: /a/{x} ${rpc} is served by the order of segments, /{y}/b ${rpc} is not`
  ])
})

t.test('an exception to a rule is what it is meant to be', async t => {
  t.same(warningsOf('GET /a/{x}', 'GET /a/b', 'GET /**', '* /a/b', 'POST /a/{x}', 'GET /a/{x}:go'), [])
})

t.test('a rule that no request reaches', async t => {
  t.same(warningsOf('GET /a/**', 'GET /a', 'GET /a/*/**'), [
    `/a/** ${rpc} is never reached: all its paths are those of /a ${rpc}, /a/*/** ${rpc}`
  ])
})
