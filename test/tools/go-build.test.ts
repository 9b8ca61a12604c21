import t from 'tap'
import { buildGo } from '../../tools/go-build.ts'

t.test('a machine without Go is told so', async t => {
  const { PATH } = process.env
  t.teardown(() => {
    process.env.PATH = PATH
  })
  process.env.PATH = ''
  t.same(await buildGo('test/interop/go', 'never-built'), { missing: 'Go is not installed' })
})
