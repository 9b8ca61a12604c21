/** What may be made of the end of messages. */
interface MapOptions {
  /** The messages have ended well. */
  onDone(): void
  /** What is thrown in place of an error. */
  errorOf(error: unknown): unknown
}

/**
 * Messages of another form. Not a generator: that would hear that nobody wants its messages any more only after one that has
 * not come yet. When one has no other form, nobody wants the rest.
 */
export function mapMessages<From, To>(
  source: AsyncIterable<From>,
  map: (message: From) => To,
  options?: MapOptions
): AsyncIterable<To> {
  return { [Symbol.asyncIterator]: () => mapped(source[Symbol.asyncIterator](), map, options) }
}

function mapped<From, To>(
  source: AsyncIterator<From>,
  map: (message: From) => To,
  options: MapOptions | undefined
): AsyncIterator<To> {
  async function stop(): Promise<IteratorResult<To>> {
    await source.return?.()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      try {
        const result = await source.next()
        if (!result.done) return { done: false, value: mapOne(result.value) }
        options?.onDone()
        return { done: true, value: undefined }
      } catch (error) {
        throw options === undefined ? error : options.errorOf(error)
      }
    },
    return: stop
  }

  function mapOne(message: From): To {
    try {
      return map(message)
    } catch (error) {
      stop().catch(() => {})
      throw error
    }
  }
}
