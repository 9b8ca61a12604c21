import { PrintError } from '../../transcode/errors.ts'
import { JsonBuffer, LengthError } from './json-buffer.ts'
import { DISORDER, type MessagePrinter } from './message-printer.ts'
import { WireCursor, WireError } from './wire-cursor.ts'

/** Where all text is written first. Printing is synchronous, so that there is never more than one message in it. */
const out = new JsonBuffer()

/**
 * Prints a message.
 *
 * @param typeName the type of the message, for the error.
 * @throws PrintError when a part has no JSON form, or the bytes are no such message, or the text is too long.
 */
export function printWire(wire: Uint8Array, printer: MessagePrinter, typeName: string): Buffer {
  try {
    printInOrder(wire, printer)
    return out.take()
  } catch (error) {
    out.clear()
    if (error instanceof LengthError) throw new PrintError(`${typeName}: ${error.message}`, { cause: error })
    if (!(error instanceof WireError)) throw error
    throw new PrintError(`${typeName}: the bytes are malformed: ${error.message}`, { cause: error })
  }
}

/**
 * Prints a message whose fields are in order, and any other on the second attempt. As the first one ends with the first
 * field out of order, however deep, and the second is for the message as a whole, it is never more than two.
 */
function printInOrder(wire: Uint8Array, printer: MessagePrinter): void {
  try {
    printer.print(new WireCursor(wire, true), out)
  } catch (error) {
    // What cannot be printed may be printable when it is merged with what comes later.
    if (error !== DISORDER && !(error instanceof PrintError)) throw error
    out.clear()
    printer.print(new WireCursor(wire, false), out)
  }
}
