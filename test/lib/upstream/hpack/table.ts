import { HpackDecoder, type HpackDecoderOptions } from '../../../../lib/upstream/hpack/decoder.ts'
import { HpackError } from '../../../../lib/upstream/hpack/errors.ts'
import type { HeaderFields } from '../../../../lib/upstream/hpack/header-fields.ts'

/** The first index of the dynamic table (RFC 7541, section 2.3.3). */
const firstDynamicIndex = 62

/** Bytes as the RFC prints them. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex')
}

export function createDecoder(options: Partial<HpackDecoderOptions> = {}): HpackDecoder {
  return new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 64 * 1024, ...options })
}

/** What a decoder reads of blocks that come one after the other. */
export function decodeAll(decoder: HpackDecoder, blocks: readonly Buffer[]): (HeaderFields | null)[] {
  return blocks.map(block => decoder.decode(block, 0, block.length))
}

/** The fields of the dynamic table after these blocks, the newest first: as a peer could ask for them, index by index. */
export function tableAfter(blocks: readonly Buffer[], options: Partial<HpackDecoderOptions> = {}): string[] {
  const decoder = createDecoder(options)
  decodeAll(decoder, blocks)
  const fields: string[] = []
  for (let index = firstDynamicIndex; index < 127; index++) {
    try {
      fields.push(...decoder.decode(Buffer.of(0x80 | index), 0, 1)!)
    } catch (error) {
      if (error instanceof HpackError) return fields
      throw error
    }
  }
  return fields
}
