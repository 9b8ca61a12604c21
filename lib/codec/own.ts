/** Sets a property of a plain object, also one whose name is `__proto__`, which assignment would not create. */
export function setOwn<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    // Much faster than a definition, and keeps the object in the shape that engines are fast with.
    object[key] = value
  }
}
