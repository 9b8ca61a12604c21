import { nearest, quoteName } from '../codec/nearest.ts'
import { comparablePath, cutPath, decodedText, decodeSegment } from './path.ts'
import { type Node, walk } from './trie.ts'

/** The templates of a router: those without a verb, and by verb those that have one. */
interface Tries<Leaf> {
  plain: Node<Leaf>
  byVerb: ReadonlyMap<string, Node<Leaf>>
  /** The number of segments of the longest one, without `**`. */
  depth: number
}

/** The candidate that was probably meant by a text. */
type FindNearest = (text: string, candidates: Iterable<string>) => string | undefined

/** Longer segments are ids rather than misspelt literals. */
const maxLength = 32
/** Who asks for what is not there must not cost much more than who asks for what is. */
const maxComparisons = 256

/**
 * What was probably meant by a path that no template has, or that is known by other methods only: a sentence about the
 * segment or the verb that fails, with the nearest one that is there. Null when there is nothing to say.
 */
export function describeMiss<Leaf>(tries: Tries<Leaf>, rawPath: string): string | null {
  const path = comparablePath(rawPath, tries.depth)
  if (path === null) return null
  if (/\/(?:\/|$)/.test(path)) return describeSlashes(tries, rawPath)
  const findNearest = limitedNearest()
  const verb = describeVerb(tries, rawPath, findNearest)
  if (verb !== null || isKnown(tries.plain, path)) return verb
  return describeSegment(tries.plain, rawPath.split('/').slice(1), path.split('/').slice(1), findNearest)
}

function describeSlashes<Leaf>({ plain, depth }: Tries<Leaf>, rawPath: string): string | null {
  const mended = rawPath.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
  const path = comparablePath(mended, depth)
  if (path === null || !isKnown(plain, path)) return null
  return `no segment of a path may be empty, did you mean ${quoteName(mended)}?`
}

function describeVerb<Leaf>({ byVerb, depth }: Tries<Leaf>, rawPath: string, findNearest: FindNearest): string | null {
  const cut = cutPath(rawPath)
  const path = cut === null ? null : comparablePath(cut.path, depth)
  if (cut === null || path === null) return null
  const verbs = [...byVerb].filter(([, root]) => isKnown(root, path)).map(([verb]) => verb)
  const verb = decodeSegment(cut.verb)
  const meant = verbs.includes(verb) ? undefined : findNearest(verb, verbs)
  return meant === undefined ? null : `there is no verb ${quoteName(verb)} here, did you mean ${quoteName(meant)}?`
}

/** A node that a path leads to. */
interface Reached<Leaf> {
  node: Node<Leaf>
  /** How many segments of the path are behind. */
  depth: number
}

function describeSegment<Leaf>(
  root: Node<Leaf>,
  segments: string[],
  texts: string[],
  findNearest: FindNearest
): string | null {
  const reached = reach(root, texts)
  const furthest = reached[0]!
  // What becomes a known path by another segment is a better guess than what only came further.
  const repair = findRepair(reached, texts, findNearest)
  const depth = repair?.depth ?? furthest.depth
  const before = quoteName(`/${segments.slice(0, depth).join('/')}`)
  const text = texts[depth]
  if (text === undefined) return depth === 0 ? null : `no route ends with ${before}`
  const shown = quoteName(decodeSegment(segments[depth]!))
  const meant = repair?.meant ?? findNearest(text, furthest.node.literals.keys())
  if (meant !== undefined)
    return `no route has ${shown} after ${before}, did you mean ${quoteName(decodedText(meant))}?`
  return depth === 0 ? null : `no route has ${shown} after ${before}`
}

/** Every node that the path leads to, those furthest from the root first. */
function reach<Leaf>(root: Node<Leaf>, texts: readonly string[]): Reached<Leaf>[] {
  const reached: Reached<Leaf>[] = [{ node: root, depth: 0 }]
  for (const { node, depth } of reached) {
    const text = texts[depth]
    if (text === undefined) continue
    const literal = node.literals.get(text)
    if (node.star !== null) reached.push({ node: node.star, depth: depth + 1 })
    if (literal !== undefined) reached.push({ node: literal, depth: depth + 1 })
  }
  return reached.reverse()
}

/** Finds a literal that, in the place of one segment, makes a path known. */
function findRepair<Leaf>(
  reached: Reached<Leaf>[],
  texts: string[],
  findNearest: FindNearest
): { depth: number; meant: string } | null {
  for (const { node, depth } of reached) {
    const text = texts[depth]
    const meant = text === undefined ? undefined : findNearest(text, node.literals.keys())
    if (meant !== undefined && isKnown(node, pathOf([meant, ...texts.slice(depth + 1)]))) return { depth, meant }
  }
  return null
}

function isKnown<Leaf>(node: Node<Leaf>, path: string): boolean {
  return walk(node, path, 0, () => true) !== null
}

function pathOf(texts: string[]): string {
  return texts.map(text => `/${text}`).join('')
}

function limitedNearest(): FindNearest {
  let left = maxComparisons
  return (text, candidates) => {
    if (text.length > maxLength) return undefined
    const compared: string[] = []
    for (const candidate of candidates) {
      if (left-- <= 0) break
      compared.push(candidate)
    }
    return nearest(text, compared)
  }
}
