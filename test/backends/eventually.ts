/** Waits until `look` answers something true, and answers that. */
export async function eventually<Result>(look: () => Promise<Result>, timeoutMs = 20_000): Promise<Result> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${look}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
