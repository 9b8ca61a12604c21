const minBits = 2_048
const maxBits = 8_192

/** Primes by which the modulus of a key of the broken generator leaves a power of 65537. */
const primes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157] as const

/** For each prime, the powers of 65537 modulo it. */
const marks = primes.map(prime => {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power)
  return powers
})

/**
 * Why an RSA key must not verify, or null: too short to be safe, too long to be quick, an exponent that proves nothing, or
 * made by the generator of CVE-2017-15361 ("ROCA"), whose keys can be factored.
 *
 * @param modulus unsigned, big-endian.
 */
export function rsaWeakness(modulus: Buffer, exponent: bigint): string | null {
  const number = BigInt(`0x${modulus.toString('hex') || '0'}`)
  const bits = number.toString(2).length
  if (bits < minBits) return `RSA of ${bits} bits`
  if (bits > maxBits) return `RSA of ${bits} bits`
  if (exponent < 65_537n || exponent % 2n === 0n || exponent >= 1n << 64n) return `the RSA exponent ${exponent}`
  const isRoca = primes.every((prime, at) => marks[at]!.has(Number(number % BigInt(prime))))
  return isRoca ? 'an RSA key of the generator of CVE-2017-15361' : null
}
