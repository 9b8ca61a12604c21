import type { DescField, DescOneof } from '@bufbuild/protobuf'

/** A field of a request, with the way to it. */
export interface Place {
  /** The messages that hold the field, from the request down. */
  parents: readonly DescField[]
  field: DescField
  /** The path of each parent, then of the field itself, in proto names. */
  paths: readonly string[]
}

/** Why a field cannot be given now. */
export type Conflict =
  /** It was given before. */
  | { kind: 'repeated' }
  /** Another field excludes it: a member of the same oneof, or a message as a whole beside its own fields. */
  | { kind: 'rival'; rival: DescField; key: string }

/** Which fields of a request have been given so far, and by what keys of the caller. */
export class Given {
  /** The keys of the fields that were given, by path. */
  readonly keys: Map<string, string> = new Map()
  /** Messages that were begun by one of their fields, by path. */
  readonly #begun: Set<string> = new Set()
  /** What is set of each oneof. */
  readonly #members: Map<string, { field: DescField; key: string }> = new Map()

  /** Whether the field, or a part of it, was given. */
  has(path: string): boolean {
    return this.keys.has(path) || this.#begun.has(path)
  }

  /** Notes a field as given, unless something speaks against it. A repeated field may be given again. */
  add(place: Place, key: string): Conflict | undefined {
    const { parents, field, paths } = place
    const path = paths.at(-1)!
    if (this.keys.has(path) && field.fieldKind !== 'list') return { kind: 'repeated' }
    const conflict = this.#wholeAround(place) ?? this.rivalOf(place)
    if (conflict !== undefined) return conflict
    if (this.#begun.has(path)) return { kind: 'rival', rival: field, key: path }
    for (const [index, parent] of parents.entries()) {
      this.#begun.add(paths[index]!)
      this.#join(parent, paths, index, key)
    }
    this.#join(field, paths, parents.length, key)
    if (!this.keys.has(path)) this.keys.set(path, key)
    return undefined
  }

  /** Notes the top-level field that is the body, which has no key. */
  addBody(field: DescField): void {
    this.#join(field, [], 0, field.name)
  }

  /** What was given of a oneof that the field, or a message around it, is another member of. */
  rivalOf({ parents, field, paths }: Place): Extract<Conflict, { kind: 'rival' }> | undefined {
    for (const [index, step] of [...parents, field].entries()) {
      if (step.oneof === undefined) continue
      const member = this.#members.get(keyOf(step.oneof, paths[index - 1]))
      if (member !== undefined && member.field !== step) return { kind: 'rival', rival: member.field, key: member.key }
    }
    return undefined
  }

  /** The message around the field that was given as a whole. */
  #wholeAround({ parents, paths }: Place): Conflict | undefined {
    for (const [index, rival] of parents.entries()) {
      const key = this.keys.get(paths[index]!)
      if (key !== undefined) return { kind: 'rival', rival, key }
    }
    return undefined
  }

  #join(field: DescField, paths: readonly string[], index: number, key: string): void {
    if (field.oneof !== undefined) this.#members.set(keyOf(field.oneof, paths[index - 1]), { field, key })
  }
}

/** A oneof of the message at a path, the request itself at none. No path has a space. */
function keyOf(oneof: DescOneof, path = ''): string {
  return `${path} ${oneof.name}`
}
