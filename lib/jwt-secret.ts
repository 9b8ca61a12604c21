const minBytes = 32
const minCharacters = 8
/** Phrases of secrets that are in every tutorial, without case, spaces and punctuation. */
const wellKnown =
  /yoursecret|yoursupersecret|yourjwtsecret|your256bitsecret|secretkey|supersecret|jwtsecret|mysecret|changeme|changethis|replaceme|password/

/** Keys of a pair, whatever is around them: with one of them as the secret, who has the public key could sign. */
const publicMaterial = /-----BEGIN |"kty"\s*:/

/**
 * Why a secret must not sign tokens, to follow the name of the setting: "is a well-known value"; null when it may. The
 * gateway and every service ask this one function.
 */
export function weaknessOf(secret: string): string | null {
  if (publicMaterial.test(secret)) return 'must be random, and not a key in PEM or JWK, whose public half others have'
  if (wellKnown.test(secret.toLowerCase().replace(/[^a-z0-9]/g, ''))) return 'is a well-known value'
  if (Buffer.byteLength(secret) < minBytes) return `must be at least ${minBytes} bytes long`
  if (new Set(secret).size < minCharacters) return 'must be random, and it repeats a few characters'
  return null
}
