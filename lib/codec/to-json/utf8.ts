/**
 * The bytes of the character that begins with a byte of 0x80 or more, or 0 when it is no well-formed UTF-8 (table 3-7 of
 * the Unicode standard): the first bytes that there are, and what each allows behind it. Surrogates, overlong forms and
 * what is beyond U+10FFFF are not allowed.
 *
 * | first    | second                       | third, fourth |
 * |----------|------------------------------|---------------|
 * | C2 to DF | 80 to BF                     |               |
 * | E0 to EF | 80 to BF, E0: A0-, ED: -9F   | 80 to BF      |
 * | F0 to F4 | 80 to BF, F0: 90-, F4: -8F   | 80 to BF each |
 *
 * @param to where the text ends.
 */
export function sequenceLength(text: Uint8Array, index: number, to: number): 0 | 2 | 3 | 4 {
  const first = text[index]!
  if (first < 0xc2 || first > 0xf4) return 0
  if (first < 0xe0) return to - index >= 2 && isTrailing(text[index + 1]!) ? 2 : 0
  const second = text[index + 1]!
  if (first < 0xf0) {
    if (to - index < 3 || !isTrailing(second) || !isTrailing(text[index + 2]!)) return 0
    if (first === 0xe0) return second >= 0xa0 ? 3 : 0
    return first === 0xed && second > 0x9f ? 0 : 3
  }
  if (to - index < 4 || !isTrailing(second) || !isTrailing(text[index + 2]!) || !isTrailing(text[index + 3]!)) return 0
  if (first === 0xf0) return second >= 0x90 ? 4 : 0
  return first === 0xf4 && second > 0x8f ? 0 : 4
}

function isTrailing(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
