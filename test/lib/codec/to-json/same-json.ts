/**
 * Whether the JSON that we print is what protobuf-es prints, in which a float has all the digits of the double that it is
 * kept as, where ours has those that tell it from other floats.
 */
export function isSameJson(ours: unknown, theirs: unknown): boolean {
  if (typeof ours === 'number' && typeof theirs === 'number') return ours === theirs || Math.fround(ours) === theirs
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) return ours === theirs
  if (Array.isArray(ours) !== Array.isArray(theirs)) return false
  const [ourKeys, theirKeys] = [Object.keys(ours), Object.keys(theirs)]
  if (ourKeys.length !== theirKeys.length) return false
  return ourKeys.every(
    key => Object.hasOwn(theirs, key) && isSameJson(Reflect.get(ours, key), Reflect.get(theirs, key))
  )
}
