// What a profile says, from the dearest down.
import type { Profiler } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** What is spent in something itself, without what it calls, in microseconds; the dearest first. */
export type Top = [name: string, micros: number][]

export interface Tops {
  /** All that the program did, in microseconds. */
  busy: number
  function: Top
  file: Top
  /** Packages of npm, two levels of folders of the project, modules of Node. */
  area: Top
}

/** Where a sample counts. */
type Place = Record<'function' | 'file' | 'area', string>

/** @param root the folder of the project, with a slash at its end: names are shortened by it */
export function topsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, root: string): Tops {
  const places = placesOf(nodes, root)
  const sums = { function: new Map<string, number>(), file: new Map<string, number>(), area: new Map<string, number>() }
  let busy = 0
  for (const [index, id] of samples.entries()) {
    const place = places.get(id)!
    // The profiler that starts is not the program.
    if (place.area === '(idle)' || place.area === 'node:inspector') continue
    const micros = Math.max(0, timeDeltas[index]!)
    busy += micros
    add(sums.function, place.function, micros)
    add(sums.file, place.file, micros)
    add(sums.area, place.area, micros)
  }
  return { busy, function: sorted(sums.function), file: sorted(sums.file), area: sorted(sums.area) }
}

function placesOf(nodes: readonly Profiler.ProfileNode[], root: string): Map<number, Place> {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)))

  function placeOf({ id, callFrame }: Profiler.ProfileNode): Place {
    const { functionName, url, lineNumber, scriptId } = callFrame
    const name = functionName || '(anonymous)'
    if (url !== '') {
      const file = fileOf(url, root)
      return { function: `${name}  ${file}:${lineNumber + 1}`, file, area: areaOf(file) }
    }
    if (ofV8.test(functionName)) return { function: functionName, file: functionName, area: functionName }
    if (scriptId === native) return { function: `${name}  (native)`, file: '(native)', area: '(native)' }
    // A library that generates its functions calls them too.
    const caller = callerOf(id)
    const made = caller === '' ? '(generated)' : `${caller} (generated)`
    return { function: `${name}  ${made}`, file: made, area: caller === '' ? made : areaOf(caller) }
  }

  /** The nearest file up the stack; empty: there is none. */
  function callerOf(id: number): string {
    const parent = byId.get(parents.get(id) ?? 0)
    if (parent === undefined) return ''
    const { url } = parent.callFrame
    return url === '' ? callerOf(parent.id) : fileOf(url, root)
  }

  return new Map(nodes.map(node => [node.id, placeOf(node)]))
}

/** What V8 tells in place of functions: `(garbage collector)`, `(program)`. */
const ofV8 = /^\(.+\)$/
/** The script of functions of V8 and Node that are none of JavaScript. Generated ones have a script, which has no name. */
const native = '0'

function fileOf(url: string, root: string): string {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  return path.startsWith(root) ? path.slice(root.length) : path
}

function areaOf(file: string): string {
  const [, npm] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  if (npm !== undefined) return npm
  const [, node] = /^(node:(?:internal\/)?[^/]+)/.exec(file) ?? []
  return node ?? file.replace(/\.ts$/, '').split('/').slice(0, 2).join('/')
}

function add(sums: Map<string, number>, name: string, micros: number): void {
  sums.set(name, (sums.get(name) ?? 0) + micros)
}

function sorted(sums: ReadonlyMap<string, number>): Top {
  return [...sums].sort(([, one], [, other]) => other - one)
}
