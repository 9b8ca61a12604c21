import type { DescMessage } from '@bufbuild/protobuf'
import { LOWER_N } from './characters.ts'
import { fieldReader, takesNull } from './fields.ts'
import type { ReadPart } from './outcome.ts'
import type { Scope } from './scope.ts'
import { passNull } from './skip.ts'

/** The reader of the extension that a key names as `[full.name]`, or undefined. */
export type FindExtension = (key: string) => ReadPart | undefined

/** Finds the extensions of a message in the registry, and compiles each when a text names it first. */
export function extensionFinder(desc: DescMessage, scope: Scope): FindExtension {
  const { registry } = scope
  if (registry === undefined || desc.proto.extensionRange.length === 0) return () => undefined
  const readers = new Map<string, ReadPart>()
  return key => {
    const known = readers.get(key)
    if (known !== undefined || !key.startsWith('[') || !key.endsWith(']')) return known
    const extension = registry.getExtension(key.slice(1, -1))
    if (extension?.extendee.typeName !== desc.typeName) return undefined
    const read = orNull(fieldReader(extension, scope), takesNull(extension))
    readers.set(key, read)
    return read
  }
}

function orNull(read: ReadPart, nullIsValue: boolean): ReadPart {
  return (cursor, out) => {
    if (cursor.byte === LOWER_N && !nullIsValue) passNull(cursor)
    else read(cursor, out)
  }
}
