import { comparableText } from './path.ts'
import type { Shape } from './shape.ts'

/** What comes after the same first segments in some templates. */
export interface Node<Leaf> {
  /** By their comparable text. */
  readonly literals: Map<string, Node<Leaf>>
  /**
   * The one way on, as far as there is but one and it is by literals: to compare with them all at once is cheaper than to
   * look each up. Set by `findOnlyWays`.
   */
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
  for (const part of parts) node = part === null ? starOf(node) : literalOf(node, comparableText(part))
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
  return child
}

/** Prepares a trie for `walk`, when leaves were added. */
export function findOnlyWays<Leaf>(node: Node<Leaf>): void {
  for (const child of node.literals.values()) findOnlyWays(child)
  if (node.star !== null) findOnlyWays(node.star)
  const [first, second] = node.literals
  node.only = first === undefined || second !== undefined ? null : onlyWay(first[0], first[1])
}

function onlyWay<Leaf>(text: string, child: Node<Leaf>): Node<Leaf>['only'] {
  const { only, star, ending, open } = child
  const goesOn = only !== null && star === null && ending === null && open === null
  return goesOn ? { text: `${text}/${only.text}`, child: only.child } : { text, child }
}

/**
 * Visits the leaves that match, the most specific first (see `compareShapes`), until a visit finds something. Each node is
 * reached by one number of segments only, so none is seen twice: the cost is bounded by the size of the trie, whatever is
 * looked for. The path is compared where it is, as cutting it up would cost more than the search.
 *
 * @param path in its comparable form
 * @param at where it goes on with a slash, or its end
 */
export function walk<Leaf, Found>(
  node: Node<Leaf>,
  path: string,
  at: number,
  visit: (leaf: Leaf) => Found | null
): Found | null {
  let found: Found | null = null
  if (at !== path.length) found = walkOn(node, path, at + 1, visit)
  else if (node.ending !== null) found = visit(node.ending)
  if (found !== null || node.open === null || hasEmptySegment(path, at)) return found
  return visit(node.open)
}

function walkOn<Leaf, Found>(
  { literals, only, star }: Node<Leaf>,
  path: string,
  start: number,
  visit: (leaf: Leaf) => Found | null
): Found | null {
  let found: Found | null = null
  if (only !== null && path.startsWith(only.text, start)) {
    const end = start + only.text.length
    if (end === path.length || path.charCodeAt(end) === slash) found = walk(only.child, path, end, visit)
  }
  if (found !== null || (star === null && only !== null)) return found
  const end = endOfSegment(path, start)
  if (end === start) return null
  const child = literals.size > 1 ? literals.get(path.slice(start, end)) : undefined
  if (child !== undefined) found = walk(child, path, end, visit)
  return found === null && star !== null ? walk(star, path, end, visit) : found
}

function endOfSegment(path: string, start: number): number {
  const found = path.indexOf('/', start)
  return found === -1 ? path.length : found
}

function hasEmptySegment(path: string, from: number): boolean {
  return path.includes('//', from) || (path.length > from && path.endsWith('/'))
}

const slash = 0x2f
