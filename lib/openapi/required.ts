import { create, type DescMessage } from '@bufbuild/protobuf'
import { compileValidation } from '../transcode/validation.ts'

const requiredByMessage = new WeakMap<DescMessage, ReadonlySet<string>>()

/**
 * The names of the fields that a request has to give: those that the rules of buf.validate, or proto2, refuse when they are
 * left out. The validator itself is asked, as that depends on presence and on what the rules say about zero: a UUID has to be
 * given, an optional one not.
 */
export function requiredFields(desc: DescMessage): ReadonlySet<string> {
  const known = requiredByMessage.get(desc)
  if (known !== undefined) return known
  const names = new Set<string>()
  for (const { field: path } of compileValidation(desc)?.(create(desc), 0) ?? []) {
    const [first] = path
    if (first?.kind === 'field') names.add(first.name)
  }
  requiredByMessage.set(desc, names)
  return names
}
