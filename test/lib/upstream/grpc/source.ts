/** Messages that come when the test says so; it knows whether anybody still wants them. */
export function createSource() {
  const waiting: ((message: Uint8Array | null) => void)[] = []
  const source = { pulled: 0, returned: false, send: (message: Uint8Array | null) => waiting.shift()?.(message) }
  const messages: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise(resolve => {
          source.pulled += 1
          waiting.push(value => resolve(value === null ? { done: true, value } : { done: false, value }))
        }),
      async return() {
        source.returned = true
        return { done: true, value: undefined }
      }
    })
  }
  return { source, messages }
}
