import { type CapturePath, compileCapture } from './capture.ts'
import { describeMiss } from './miss.ts'
import { comparablePath, cutPath, decodeSegment } from './path.ts'
import { type HttpRule, RuleError } from './rules.ts'
import { shapeOf } from './shape.ts'
import { createNode, findOnlyWays, leafOf, type Node, walk } from './trie.ts'

/** The rule that serves a request. */
export interface Match<Route> {
  readonly rule: HttpRule
  readonly route: Route
  /**
   * Takes the values of the rule's variables out of the path, by field path, when first asked for.
   *
   * @throws BindError (INVALID_PATH) with every value that is malformed.
   */
  capture(): Map<string, string>
}

/** All rules, and which of them serves a request. */
export interface Router<Route> {
  /** @throws RuleError when a rule for the same method and, but for the names of variables, the same template is there. */
  add(rule: HttpRule, route: Route): void
  /**
   * Finds the rule that serves a request. Of all rules that match both its path and its method, the first one wins:
   *
   * 1. One that has the verb of the path, before those for which that is text.
   * 2. Segment by segment from the left, at the first difference: a literal, before `*`, before the end, before `**`.
   * 3. One for the method of the request, before one for any method.
   *
   * HEAD is served by the rules for HEAD, and where none matches by whatever serves GET.
   *
   * @param rawPath as it was sent, without the query.
   */
  match(httpMethod: string, rawPath: string): Match<Route> | null
  /** The methods that rules have for a path, HEAD with GET; `*` for any. Empty: no rule has the path. */
  allowed(rawPath: string): string[]
  /** What was probably meant by a path that `match` does not find, as a sentence; undefined when nothing is near. */
  hint(rawPath: string): string | undefined
}

/** An added rule. */
interface Entry<Route> {
  rule: HttpRule
  route: Route
  capture: CapturePath
}

/** The rules with the same shape, by method. */
type Leaf<Route> = Map<string, Entry<Route>>

/** Makes a router without rules. */
export function createRouter<Route>(): Router<Route> {
  const plain = createNode<Leaf<Route>>()
  const byVerb = new Map<string, Node<Leaf<Route>>>()
  /** The number of segments of the longest template, without `**`. */
  let depth = 0
  let hasHead = false
  let isPrepared = false

  function prepare(): void {
    for (const root of [plain, ...byVerb.values()]) findOnlyWays(root)
    isPrepared = true
  }

  /** Looks where the verb of the path is one, and then where it is text. */
  function find(rawPath: string, visit: (leaf: Leaf<Route>) => Entry<Route> | null): Match<Route> | null {
    if (!isPrepared) prepare()
    const cut = byVerb.size === 0 ? null : cutPath(rawPath)
    const root = cut === null ? undefined : byVerb.get(decodeSegment(cut.verb))
    const match = cut === null || root === undefined ? null : findIn(root, cut.path, depth, visit)
    return match ?? findIn(plain, rawPath, depth, visit)
  }

  return {
    add(rule, route) {
      const { httpMethod, template } = rule
      const shape = shapeOf(template)
      const root = shape.verb === null ? plain : getOrAdd(byVerb, shape.verb, createNode<Leaf<Route>>)
      const leaf = leafOf(root, shape, () => new Map())
      const other = leaf.get(httpMethod)?.rule
      if (other !== undefined) throw duplicate(rule, other)
      leaf.set(httpMethod, { rule, route, capture: compileCapture(template) })
      depth = Math.max(depth, shape.parts.length)
      hasHead ||= httpMethod === 'HEAD'
      isPrepared = false
    },

    match(httpMethod, rawPath) {
      const own = hasHead && httpMethod === 'HEAD' ? find(rawPath, leaf => leaf.get('HEAD') ?? null) : null
      if (own !== null) return own
      const served = httpMethod === 'HEAD' ? 'GET' : httpMethod
      return find(rawPath, leaf => leaf.get(served) ?? leaf.get('*') ?? null)
    },

    allowed(rawPath) {
      const methods = new Set<string>()
      find(rawPath, leaf => {
        for (const method of leaf.keys()) methods.add(method)
        return null
      })
      if (methods.has('GET')) methods.add('HEAD')
      return [...methods]
    },

    hint(rawPath) {
      if (!isPrepared) prepare()
      return describeMiss({ plain, byVerb, depth }, rawPath) ?? undefined
    }
  }
}

function findIn<Route>(
  root: Node<Leaf<Route>>,
  rawPath: string,
  depth: number,
  visit: (leaf: Leaf<Route>) => Entry<Route> | null
): Match<Route> | null {
  const path = comparablePath(rawPath, depth)
  const entry = path === null ? null : walk(root, path, 0, visit)
  return entry === null ? null : new Found(entry, rawPath)
}

/** There is one for every request, so it is no more than it must be until somebody asks for values. */
class Found<Route> implements Match<Route> {
  readonly rule: HttpRule
  readonly route: Route
  readonly #capture: CapturePath
  readonly #path: string
  #values: Map<string, string> | null = null

  constructor({ rule, route, capture }: Entry<Route>, path: string) {
    this.rule = rule
    this.route = route
    this.#capture = capture
    this.#path = path
  }

  capture(): Map<string, string> {
    this.#values ??= this.#capture(this.#path)
    return this.#values
  }
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}

function duplicate({ method, httpMethod, template }: HttpRule, other: HttpRule): RuleError {
  const rpc = `${other.method.parent.typeName}.${other.method.name}`
  const same = template.text === other.template.text ? 'it' : `"${other.template.text}", which matches the same paths,`
  return new RuleError(method, template.text, `${same} is the ${httpMethod} route of ${rpc} already`)
}
