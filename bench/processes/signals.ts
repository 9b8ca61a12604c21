import { constants } from 'node:os'
import { pidsOfTree } from './tree.ts'

/**
 * Ends all that this program has started when a signal ends it. A terminal's ^C reaches them anyway; a signal for this program
 * alone would leave them.
 */
export function endAllWithSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      const [, ...started] = await pidsOfTree(process.pid)
      for (const pid of started) kill(pid)
      process.exit(128 + constants.signals[signal])
    })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
