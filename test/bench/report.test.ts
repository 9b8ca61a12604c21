import { readFile } from 'node:fs/promises'
import t from 'tap'
import { page } from '../../bench/report/page.ts'
import type { Results } from '../../bench/report/results.ts'
import { suites } from '../../bench/suites.ts'

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8')

t.test('BENCHMARKS.md is what was recorded, and nothing by hand (`make bench CASE=page`)', async t => {
  const results = JSON.parse(await read('bench/results.json')) as Results
  t.equal(await read('BENCHMARKS.md'), page(results, suites))
})
