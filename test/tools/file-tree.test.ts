import { readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { differingPaths, readTree, syncTree } from '../../tools/file-tree.ts'

t.test('reads a folder by relative paths, and a missing one as empty', async t => {
  const folder = t.testdir({ a: { 'b.txt': 'b' }, 'c.txt': 'c' })
  t.same(Object.fromEntries(await readTree(folder)), { 'a/b.txt': 'b', 'c.txt': 'c' })
  t.equal((await readTree(join(folder, 'missing'))).size, 0)
})

t.test('tells what is missing, different or too much on either side', async t => {
  const a = new Map(Object.entries({ same: '1', edited: '1', onlyA: '' }))
  const b = new Map(Object.entries({ same: '1', edited: '2', onlyB: '' }))
  t.same(differingPaths(a, b), ['edited', 'onlyA', 'onlyB'])
})

t.test('writes and removes what differs', async t => {
  const folder = t.testdir({ 'stale.txt': '', 'edited.txt': 'old' })
  const wanted = new Map(Object.entries({ 'edited.txt': 'new', 'deep/new.txt': 'n' }))
  t.same(await syncTree(folder, wanted), ['deep/new.txt', 'edited.txt', 'stale.txt'])
  t.same(await readTree(folder), wanted)
})

t.test('does not touch a file that is already right', async t => {
  const folder = t.testdir({ 'a.txt': 'a' })
  const path = join(folder, 'a.txt')
  await utimes(path, 1, 1)
  t.same(await syncTree(folder, new Map([['a.txt', 'a']])), [])
  t.equal((await stat(path)).mtimeMs, 1000)
  t.equal(await readFile(path, 'utf8'), 'a')
})
