import t from 'tap'
import { shapeOf } from '../../../lib/httprule/shape.ts'
import { parseTemplate } from '../../../lib/httprule/template.ts'
import { createNode, leafOf, walk } from '../../../lib/httprule/trie.ts'

t.test('all leaves of a path are visited, the most specific first', async t => {
  const root = createNode<{ template: string }>()
  for (const template of ['/**', '/*/**', '/*/*', '/*/b', '/a/*', '/a/b', '/a/b/**', '/a/**', '/b/a', '/a']) {
    leafOf(root, shapeOf(parseTemplate(template)), () => ({ template }))
  }
  const visited: string[] = []
  walk(root, ['a', 'b'], 0, ({ template }) => {
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
