import cluster from 'node:cluster'

/** Serves in so many processes, which share a port and end with this one; with one, in this one itself. */
export async function inWorkers(workers: number, serve: () => Promise<unknown>): Promise<void> {
  if (workers > 1 && cluster.isPrimary) {
    for (let index = 0; index < workers; index++) cluster.fork()
  } else {
    await serve()
  }
}
