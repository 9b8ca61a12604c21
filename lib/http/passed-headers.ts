/** What a service may say to the client beside its message or its refusal. */
const names = ['idempotency-replayed', 'retry-after']

/** The headers of an answer that are passed on to the client; of several sources, the first that has one counts. */
export function passedHeaders(...sources: Headers[]): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const name of names) {
    const value = sources.map(source => source.get(name)).find(found => found !== null)
    if (value !== undefined && value !== null) passed[name] = value
  }
  return passed
}
