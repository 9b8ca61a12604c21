import { Kysely, PostgresDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pg from 'pg'

const unknownDatabase = '3D000'
const duplicateDatabase = '42P04'
const uniqueViolation = '23505'
const int8 = 20

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`. */
  url: string
  /** Name -> migration; they run in the order of their names, each once, all that are due in one transaction. */
  migrations: Record<string, Migration>
  /** How many connections at most. Default 10. */
  poolSize?: number
}

/** A database that cannot be reached or migrated. The message is one line and holds no password. */
export class DatabaseError extends Error {
  override name = 'DatabaseError'
}

/**
 * Opens a service's own database: creates it when it is missing, brings its schema up to date, and answers a pool.
 * Several processes may do so at once: the migrator holds a lock. int8 is read as bigint, timestamptz as Date; beware that
 * a Date holds milliseconds and a timestamptz microseconds.
 *
 * @throws DatabaseError
 */
export async function openDatabase<Schema>(options: DatabaseOptions): Promise<Kysely<Schema>> {
  try {
    await createWhenMissing(options.url)
  } catch (error) {
    throw new DatabaseError(`cannot open the database ${placeOf(options.url)}: ${explain(error)}`, { cause: error })
  }
  const database = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: createPool(options.url, options.poolSize ?? 10) })
  })
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => options.migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) {
    await database.destroy()
    throw new DatabaseError(`cannot migrate the database ${placeOf(options.url)}: ${explain(error)}`, { cause: error })
  }
  return database
}

/** Whether a statement broke a unique constraint or index; with `constraint`, that one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code !== uniqueViolation) return false
  return constraint === undefined || error.constraint === constraint
}

function createPool(url: string, max: number): pg.Pool {
  const types = new pg.TypeOverrides()
  types.setTypeParser(int8, BigInt)
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    connectionTimeoutMillis: 5_000,
    idle_in_transaction_session_timeout: 30_000
  })
  // The pool drops an idle connection that broke; the next query opens another or reports why it cannot.
  pool.on('error', () => {})
  return pool
}

async function createWhenMissing(url: string): Promise<void> {
  try {
    await withClient(url, async () => {})
  } catch (error) {
    if (codeOf(error) !== unknownDatabase) throw error
    await createDatabase(url)
  }
}

async function createDatabase(url: string): Promise<void> {
  const maintenance = new URL(url)
  const name = decodeURIComponent(maintenance.pathname.slice(1))
  maintenance.pathname = '/postgres'
  await withClient(maintenance.href, async client => {
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    } catch (error) {
      // Another process made it between our look and our statement: 23505 when both were inside CREATE DATABASE.
      const code = codeOf(error)
      if (code !== duplicateDatabase && code !== uniqueViolation) throw error
    }
  })
}

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `${pathname.slice(1)} at ${hostname}:${port || '5432'}`
}

function explain(error: unknown): string {
  // Node reports a refused connection to a name with several addresses as an AggregateError without a message.
  if (error instanceof AggregateError) return error.errors.map(explain).join('; ')
  return error instanceof Error ? error.message : String(error)
}
