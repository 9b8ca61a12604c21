import t from 'tap'
import { rsaWeakness } from '../../../lib/auth/weak-rsa.ts'
import { createKey } from './tokens.ts'

const bytesOf = (number: bigint) =>
  Buffer.from(number.toString(16).padStart(2 * Math.ceil(number.toString(16).length / 2), '0'), 'hex')

t.test('a key of a good generator is not weak', async t => {
  const modulus = Buffer.from(createKey('a', 'RS256').jwk.n as string, 'base64url')
  t.equal(rsaWeakness(modulus, 65_537n), null)
})

t.test('exponents that prove nothing', async t => {
  const modulus = Buffer.from(createKey('a', 'RS256').jwk.n as string, 'base64url')
  for (const exponent of [0n, 1n, 3n, 65_536n, 65_538n, 1n << 64n]) t.match(rsaWeakness(modulus, exponent), /exponent/)
})

t.test('too short, and too long', async t => {
  t.match(rsaWeakness(bytesOf((1n << 1023n) + 1n), 65_537n), /1024 bits/)
  t.match(rsaWeakness(bytesOf((1n << 16_383n) + 1n), 65_537n), /16384 bits/)
  t.match(rsaWeakness(Buffer.alloc(0), 65_537n), /bits/)
  t.match(rsaWeakness(Buffer.concat([Buffer.alloc(300), Buffer.from([3])]), 65_537n), /2 bits/, 'zeros do not count')
})

t.test('keys of the generator of CVE-2017-15361', async t => {
  const product = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].reduce(
    (all, prime) => all * BigInt(prime),
    1n
  )
  // Its primes, and so their products, are powers of 65537 modulo the first primes.
  const power = 65_537n ** 12n % product
  const modulus = power + product * ((1n << 2_047n) / product + 2n)
  t.match(rsaWeakness(bytesOf(modulus), 65_537n), /CVE-2017-15361/)
})
