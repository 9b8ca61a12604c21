import type { Shape } from './shape.ts'

/** What comes after the same first segments in some templates. */
export interface Node<Leaf> {
  /** By their decoded text. */
  readonly literals: Map<string, Node<Leaf>>
  /** The literal while there is but one: comparing with it is cheaper than hashing what is compared. */
  only: { text: string; child: Node<Leaf> } | null
  star: Node<Leaf> | null
  /** Of the templates that end here. */
  ending: Leaf | null
  /** Of the templates that go on with `**`. */
  open: Leaf | null
}

export function createNode<Leaf>(): Node<Leaf> {
  return { literals: new Map(), only: null, star: null, ending: null, open: null }
}

/** The leaf of a shape, made when there is none yet. The verb does not count. */
export function leafOf<Leaf>(root: Node<Leaf>, { parts, open }: Shape, create: () => Leaf): Leaf {
  let node = root
  for (const part of parts) node = part === null ? starOf(node) : literalOf(node, part)
  if (open) {
    node.open ??= create()
    return node.open
  }
  node.ending ??= create()
  return node.ending
}

function starOf<Leaf>(node: Node<Leaf>): Node<Leaf> {
  node.star ??= createNode()
  return node.star
}

function literalOf<Leaf>(node: Node<Leaf>, text: string): Node<Leaf> {
  const known = node.literals.get(text)
  if (known !== undefined) return known
  const child = createNode<Leaf>()
  node.literals.set(text, child)
  node.only = node.literals.size === 1 ? { text, child } : null
  return child
}

/**
 * Visits the leaves that match, the most specific first (see `compareShapes`), until a visit finds something. Each node is
 * reached by one number of segments only, so none is seen twice: the cost is bounded by the size of the trie, whatever is
 * looked for.
 *
 * @param texts the decoded segments of a path
 * @param depth how many of them are behind
 */
export function walk<Leaf, Found>(
  node: Node<Leaf>,
  texts: readonly string[],
  depth: number,
  visit: (leaf: Leaf) => Found | null
): Found | null {
  let found: Found | null = null
  if (depth === texts.length) {
    if (node.ending !== null) found = visit(node.ending)
  } else {
    const text = texts[depth]!
    const { only } = node
    const child = only === null ? node.literals.get(text) : only.text === text ? only.child : undefined
    if (child !== undefined) found = walk(child, texts, depth + 1, visit)
    if (found === null && node.star !== null) found = walk(node.star, texts, depth + 1, visit)
  }
  return found === null && node.open !== null ? visit(node.open) : found
}
