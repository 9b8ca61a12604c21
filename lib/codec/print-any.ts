import type { DescMessage, Registry } from '@bufbuild/protobuf'
import { type Any, anyUnpack, hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { PrintError } from '../transcode/errors.ts'
import type { PrintValue } from './print-scalar.ts'

/**
 * Compiles a printer of google.protobuf.Any.
 *
 * @param registry the types that can be printed; a PrintError for others.
 * @param printerOf the printer of a type.
 */
export function anyPrinter(registry: Registry | undefined, printerOf: (desc: DescMessage) => PrintValue): PrintValue {
  return (any: Any) => {
    if (any.typeUrl === '') return {}
    const desc = registry?.getMessage(any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1))
    if (desc === undefined) throw new PrintError(`google.protobuf.Any: the type ${any.typeUrl} is not known here`)
    const json = printerOf(desc)(unpack(any, desc))
    if (hasCustomJsonRepresentation(desc)) return { '@type': any.typeUrl, value: json }
    return { '@type': any.typeUrl, ...(json as object) }
  }
}

function unpack(any: Any, desc: DescMessage): unknown {
  try {
    return anyUnpack(any, desc)
  } catch (error) {
    throw new PrintError(`google.protobuf.Any: the bytes are no ${desc.typeName}`, { cause: error })
  }
}
