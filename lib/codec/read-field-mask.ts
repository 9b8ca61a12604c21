import { create } from '@bufbuild/protobuf'
import { protoSnakeCase } from '@bufbuild/protobuf/reflect'
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt'
import type { Violations } from './violations.ts'

const MASK_PATH = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/

/**
 * Reads google.protobuf.FieldMask: `title,author.name`. ProtoJSON writes the paths in lowerCamelCase; a path with an
 * underscore is taken as written, so that a mask can use the same names as the fields beside it.
 */
export function readFieldMask(text: string, errors: Violations): unknown {
  const paths = text === '' ? [] : text.split(',')
  if (!paths.every(path => MASK_PATH.test(path))) {
    return errors.refuse('must be field paths with commas between them, such as "title,author.name"')
  }
  return create(FieldMaskSchema, { paths: paths.map(path => (path.includes('_') ? path : protoSnakeCase(path))) })
}
