import { HpackError } from './errors.ts'

/**
 * How many bits the code of each octet has: RFC 7541, appendix B. The code is canonical: of the codes of one length those of
 * lower octets are lower, and shorter codes are lower than longer ones. So the lengths say all of it.
 */
// biome-ignore format: sixteen octets a line
const codeBits: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26
]

/** Marks the end of a string, and never stands in one: its beginning, all ones, fills the last octet. */
const endOfString = 256
const endOfStringBits = 30

/** What a transition says besides the state that follows, which is in its low 16 bits. */
const symbolShift = 16
const noSymbol = 0x1ff
const mayEnd = 1 << 25
/** The state that follows what no string may hold. */
const failed = 0xffff

const codes = assignCodes()
const transitions = compileAutomaton()

/** A place in the tree of the code: after the bits that lead to it. */
interface TreeNode {
  children: [TreeNode | null, TreeNode | null]
  /** What these bits are the code of, or null. */
  symbol: number | null
  state: number
  /** Whether a string may end here: with fewer than eight bits since its last octet, all of them ones. */
  mayEnd: boolean
}

/** The code of each octet, and of the end of a string, as a number whose lowest bits it is. */
function assignCodes(): readonly number[] {
  const lengths = [...codeBits, endOfStringBits]
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b)
  const assigned = new Array<number>(lengths.length)
  let code = 0
  let bits = 0
  for (const symbol of symbols) {
    code *= 2 ** (lengths[symbol]! - bits)
    bits = lengths[symbol]!
    assigned[symbol] = code++
  }
  return assigned
}

/**
 * The code as an automaton that reads four bits at a time. A state is an inner node of the tree of the code; by state and four
 * bits, a transition says the state that follows, the octet that was completed on the way (or none), and whether the string
 * may end there (RFC 7541, section 5.2).
 */
function compileAutomaton(): Uint32Array {
  const root = buildTree()
  const states: TreeNode[] = []
  const assignStates = (node: TreeNode) => {
    if (node.symbol !== null) return
    node.state = states.push(node) - 1
    for (const child of node.children) assignStates(child!)
  }
  assignStates(root)
  const table = new Uint32Array(states.length * 16)
  for (const [state, node] of states.entries()) {
    for (let nibble = 0; nibble < 16; nibble++) table[state * 16 + nibble] = transition(root, node, nibble)
  }
  return table
}

function buildTree(): TreeNode {
  const root = createNode(true)
  for (const [symbol, code] of codes.entries()) {
    const bits = symbol === endOfString ? endOfStringBits : codeBits[symbol]!
    let node = root
    for (let depth = 1; depth <= bits; depth++) {
      const bit = ((code >> (bits - depth)) & 1) as 0 | 1
      node.children[bit] ??= createNode(node.mayEnd && bit === 1 && depth < 8)
      node = node.children[bit]
    }
    node.symbol = symbol
  }
  return root
}

function createNode(mayEnd: boolean): TreeNode {
  return { children: [null, null], symbol: null, state: -1, mayEnd }
}

function transition(root: TreeNode, from: TreeNode, nibble: number): number {
  let node = from
  let symbol = noSymbol
  for (let shift = 3; shift >= 0; shift--) {
    node = node.children[((nibble >> shift) & 1) as 0 | 1]!
    if (node.symbol === endOfString) return failed
    if (node.symbol === null) continue
    // Codes have five bits at least: four complete one octet at most.
    symbol = node.symbol
    node = root
  }
  return node.state | (symbol << symbolShift) | (node.mayEnd ? mayEnd : 0)
}

/** Where strings are decoded into, unless they are longer. */
const scratch = Buffer.allocUnsafeSlow(4096)

/**
 * Decodes `bytes[start..end)`, to one character per octet.
 *
 * @throws {HpackError} for the end of a string within it, and for padding that is too long or no beginning of that.
 */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string {
  // The shortest code has five bits.
  const mostLength = Math.ceil(((end - start) * 8) / 5)
  const decoded = mostLength <= scratch.length ? scratch : Buffer.allocUnsafeSlow(mostLength)
  let length = 0
  let last = mayEnd
  let state = 0
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!
    for (let shift = 4; shift >= 0; shift -= 4) {
      last = transitions[state * 16 + ((octet >> shift) & 15)]!
      state = last & 0xffff
      if (state === failed) throw new HpackError('a string holds the end of a string')
      const symbol = (last >> symbolShift) & noSymbol
      if (symbol !== noSymbol) decoded[length++] = symbol
    }
  }
  if ((last & mayEnd) === 0) throw new HpackError('a string is not padded as it must be')
  return decoded.toString('latin1', 0, length)
}

/** How many octets `text` becomes. */
export function huffmanLength(text: string): number {
  let bits = 0
  for (let at = 0; at < text.length; at++) bits += codeBits[text.charCodeAt(at) & 0xff]!
  return Math.ceil(bits / 8)
}

/** Encodes `text`, one octet a character, and answers where it ends. */
export function encodeHuffman(target: Buffer, offset: number, text: string): number {
  let pending = 0
  let bits = 0
  let to = offset
  for (let at = 0; at < text.length; at++) {
    const octet = text.charCodeAt(at) & 0xff
    // Not by shifts: codes have up to 30 bits, and up to seven are pending.
    pending = pending * 2 ** codeBits[octet]! + codes[octet]!
    bits += codeBits[octet]!
    while (bits >= 8) {
      bits -= 8
      const unit = 2 ** bits
      const out = Math.floor(pending / unit)
      target[to++] = out
      pending -= out * unit
    }
  }
  if (bits > 0) target[to++] = (pending << (8 - bits)) | (0xff >> bits)
  return to
}
