import type { HttpRule } from '../httprule/rules.ts'
import { hierarchyOf, isOpen, type Path, pathOf } from './path.ts'
import type { Operation, PathItem } from './types.ts'

/** Where an operation goes. */
export interface Place {
  path: Path
  /** What the parameters of the path are called there. */
  names: readonly string[]
  add(operation: Operation): void
}

/** Methods that a path item has a place for (section 4.8.9 of the specification); others go into an extension. */
const knownMethods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'])

interface Item {
  names: readonly string[]
  item: PathItem
  /** The operations of methods that the item has no place for. */
  others: Record<string, Operation>
  methods: Set<string>
}

/** The paths of a document. Rules whose paths differ in the names of parameters only share one, with the names of the first. */
export function createPaths() {
  const items: Record<string, PathItem> = {}
  const known = new Map<string, Item>()

  function itemOf(path: Path): Item {
    const found = known.get(hierarchyOf(path))
    if (found !== undefined) return found
    const created: Item = { names: path.parameters.map(({ name }) => name), item: {}, others: {}, methods: new Set() }
    known.set(hierarchyOf(path), created)
    items[path.text] = created.item
    return created
  }

  return {
    items,

    /**
     * Finds where the operation of a rule goes; null when another rule serves these paths by this method. `**` stands for as
     * many segments as no other rule serves.
     */
    placeFor(rule: HttpRule, method: string): Place | null {
      for (let openSegments = 1; ; openSegments++) {
        const path = pathOf(rule, openSegments)
        const isTaken = known.get(hierarchyOf(path))?.methods.has(method) ?? false
        if (isTaken && isOpen(rule)) continue
        return isTaken ? null : placeIn(itemOf(path), path, method)
      }
    }
  }
}

function placeIn({ names, item, others, methods }: Item, path: Path, method: string): Place {
  return {
    path,
    names,
    add(operation) {
      methods.add(method)
      if (knownMethods.has(method)) {
        item[method.toLowerCase()] = operation
      } else {
        others[method] = operation
        item['x-sluice-operations'] = others
      }
    }
  }
}
