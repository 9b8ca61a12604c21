import { protoCamelCase, protoSnakeCase } from '@bufbuild/protobuf/reflect'
import { PrintError } from '../../transcode/errors.ts'
import { leafPrinter, type MessagePrinter } from './message-printer.ts'
import { writeText } from './strings.ts'
import { type WireCursor, WireError } from './wire-cursor.ts'

/** The tag of `repeated string paths = 1`. */
const PATHS_TAG = 0x0a

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Compiles a printer of google.protobuf.FieldMask: the paths in one string. Beside fields that go by their proto names, the
 * paths do so too: what was printed can be sent back.
 */
export function fieldMaskPrinter(fieldNames: 'proto' | 'json'): MessagePrinter {
  const spelled = fieldNames === 'json' ? lowerCamelCase : (path: string) => path
  return leafPrinter((wire, out) => writeText(out, readPaths(wire).map(spelled).join(',')))
}

function readPaths(wire: WireCursor): string[] {
  const paths: string[] = []
  while (wire.pos < wire.limit) {
    const tag = wire.tag()
    if (tag === PATHS_TAG) paths.push(readText(wire))
    else wire.skip(tag)
  }
  return paths
}

function readText(wire: WireCursor): string {
  const length = wire.length()
  const bytes = wire.bytes.subarray(wire.pos, wire.pos + length)
  wire.pos += length
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw new WireError('a string is not UTF-8', { cause: error })
  }
}

/** A path such as `a__b` is refused: it would be read as another, `a_b`. */
function lowerCamelCase(path: string): string {
  const json = protoCamelCase(path)
  if (protoSnakeCase(json) !== path) {
    throw new PrintError(`google.protobuf.FieldMask: the path ${path} has no lowerCamelCase form that leads back to it`)
  }
  return json
}
