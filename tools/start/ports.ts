import { createServer } from 'node:net'

/** Resolves to the ports of the list that something else on this machine already listens on. */
export async function takenPorts(ports: readonly number[]): Promise<number[]> {
  const taken = await Promise.all(ports.map(async port => ((await isTaken(port)) ? port : null)))
  return taken.filter(port => port !== null)
}

function isTaken(port: number) {
  return new Promise<boolean>(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(true))
    probe.listen(port, () => probe.close(() => resolve(false)))
  })
}
