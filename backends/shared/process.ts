/**
 * Stops the process on SIGTERM or SIGINT: `close`, then exit 0. A second signal exits at once, with the status that a
 * shell gives to that signal.
 */
export function stopOnSignal(close: () => Promise<void>): void {
  let stopping = false
  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143)
    stopping = true
    try {
      await close()
      process.exit(0)
    } catch (error) {
      console.error(explain(error))
      process.exit(1)
    }
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** Why a process cannot go on, in one line. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (code === 'EADDRINUSE') return `port ${port} on ${address} is taken: set PORT to another`
  return error.message
}
