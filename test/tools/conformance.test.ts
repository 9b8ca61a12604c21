import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { allPassed } from '../../tools/conformance.ts'

const tool = fileURLToPath(new URL('../../tools/conformance.ts', import.meta.url))

t.test('without Go the command says what is missing, and fails', async t => {
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>(resolve => {
    const env = { PATH: t.testdir() }
    execFile(process.execPath, [tool], { env }, (error, _, stderr) => resolve({ code: error?.code, stderr }))
  })
  t.equal(code, 1)
  t.match(stderr, /^sluice: Go is missing, .* https:\/\/go\.dev\/doc\/install\n$/)
})

t.test('the suite has passed when every case has', async t => {
  const reports: [string, boolean][] = [
    ['Total cases: 646\n646 passed, 0 failed\n', true],
    ['Computed 60 config case permutations.\nTotal cases: 646\n646 passed, 0 failed\n', true],
    ['FAILED: Basic/unary/success:\n\tno\n\n\nTotal cases: 646\n645 passed, 1 failed\n', false],
    [
      'Total cases: 646\n645 passed, 0 failed\n(Another 1 failed as expected due to being known failures/flakes.)\n',
      false
    ],
    ['Total cases: 600\n600 passed, 0 failed\nAnother 46 could not be run due to client timing out.\n', false],
    ['Total cases: 0\n0 passed, 0 failed\n', false],
    ['', false]
  ]
  for (const [report, passed] of reports) t.equal(allPassed(report), passed, JSON.stringify(report))
})
