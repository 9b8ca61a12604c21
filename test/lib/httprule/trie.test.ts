import t from 'tap'
import { shapeOf } from '../../../lib/httprule/shape.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'
import { createNode, findOnlyWays, leafOf, walk } from '../../../lib/httprule/trie.ts'

t.test('all leaves of a path are visited, the most specific first', async t => {
  const root = createNode<{ template: string }>()
  for (const template of ['/**', '/*/**', '/*/*', '/*/b', '/a/*', '/a/b', '/a/b/**', '/a/**', '/b/a', '/a']) {
    leafOf(root, shapeOf(parseTemplate(template)), () => ({ template }))
  }
  findOnlyWays(root)
  const visited: string[] = []
  walk(root, '/a/b', 0, ({ template }) => {
    visited.push(template)
    return null
  })
  t.same(visited, ['/a/b', '/a/b/**', '/a/*', '/a/**', '/*/b', '/*/*', '/*/**', '/**'])
})

t.test('equal shapes share a leaf', async t => {
  const root = createNode<object>()
  const leaf = leafOf(root, shapeOf(parseTemplate('/v1/{a}')), () => ({}))
  t.equal(
    leafOf(root, shapeOf(parseTemplate('/v1/{b}')), () => ({})),
    leaf
  )
})

t.test('a way that is the only one is gone at once, until there is another', async t => {
  const root = createNode<string>()
  const find = (path: string) => walk(root, path, 0, leaf => leaf)
  const add = (template: string) => {
    leafOf(root, shapeOf(parseTemplate(template)), () => template)
    findOnlyWays(root)
  }
  add('/a/b/c')
  t.equal(find('/a/b/c'), '/a/b/c')
  for (const path of ['/a/b', '/a/b/cc', '/a/b/c/d', '/a/bb/c', '/a']) t.equal(find(path), null, path)
  add('/a/b')
  t.equal(find('/a/b'), '/a/b')
  add('/a/{x}/d')
  add('/a/**')
  add('/e')
  const found = {
    '/a/b/c': '/a/b/c',
    '/a/b/d': '/a/{x}/d',
    '/a/b/e': '/a/**',
    '/e': '/e',
    '/a/b//c': null,
    '/a/': null
  }
  for (const [path, template] of Object.entries(found)) t.equal(find(path), template, path)
})
