import { BindError } from '../../transcode/errors.ts'
import { quoteName } from '../nearest.ts'

/** The refusal of a text that no reading can go on after. */
export function invalidJson(description: string): BindError {
  return new BindError({ reason: 'INVALID_JSON', field: '', description })
}

export function duplicateKey(key: string): BindError {
  const description = `the key ${quoteName(key)} is twice in the same object`
  return new BindError({ reason: 'DUPLICATE_KEY', field: '', description })
}
