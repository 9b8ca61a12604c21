/** Bytes of the length that goes before each message: 32 bits, most significant byte first. */
const prefixBytes = 4

/**
 * Cuts a stream of the runner into its messages.
 *
 * @throws Error when the stream ends within a message
 */
export async function* readDelimited(stream: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let end = endOfFirst(rest)
    while (end !== null) {
      yield rest.subarray(prefixBytes, end)
      rest = rest.subarray(end)
      end = endOfFirst(rest)
    }
  }
  if (rest.length > 0) throw new Error('the input ends within a message')
}

/** Where the first message ends; null while it is not wholly there. */
function endOfFirst(bytes: Buffer): number | null {
  if (bytes.length < prefixBytes) return null
  const end = prefixBytes + bytes.readUInt32BE(0)
  return end <= bytes.length ? end : null
}

/** A message as the runner reads it. */
export function delimited(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(prefixBytes + message.length)
  bytes.writeUInt32BE(message.length, 0)
  bytes.set(message, prefixBytes)
  return bytes
}
