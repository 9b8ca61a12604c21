import { sql } from 'kysely'
import t from 'tap'
import { DatabaseError, isUniqueViolation, openDatabase } from '../../../backends/shared/database.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { startPostgres, type Test } from '../helper.ts'

interface Schema {
  notes: { id: bigint; text: string; at: Date }
}

const migrations = {
  '0001_notes': {
    async up(database: Parameters<typeof createNotes>[0]) {
      await createNotes(database)
    }
  }
}

async function createNotes(database: Parameters<ReturnType<typeof sql>['execute']>[0]) {
  await sql`CREATE TABLE notes (id bigint PRIMARY KEY, text text UNIQUE, at timestamptz DEFAULT now())`.execute(
    database
  )
}

async function newUrl(t: Test): Promise<string> {
  return (await startPostgres(t)).url(`database_${newId().replaceAll('-', '')}`)
}

async function open(t: Test, url: string) {
  const database = await openDatabase<Schema>({ url, migrations })
  t.teardown(() => database.destroy())
  return database
}

t.test('a database that is missing is made, with its tables', async t => {
  const database = await open(t, await newUrl(t))
  t.same(await database.selectFrom('notes').selectAll().execute(), [])
})

t.test('a database that exists keeps what it holds', async t => {
  const url = await newUrl(t)
  await (await open(t, url))
    .insertInto('notes')
    .values({ id: 1n, text: 'a', at: new Date(0) })
    .execute()
  const again = await open(t, url)
  t.same(await again.selectFrom('notes').selectAll().execute(), [{ id: 1n, text: 'a', at: new Date(0) }])
})

t.test('several processes may open a new database at once', async t => {
  const url = await newUrl(t)
  const databases = await Promise.all([open(t, url), open(t, url), open(t, url)])
  for (const database of databases) t.same(await database.selectFrom('notes').selectAll().execute(), [])
})

t.test('int8 keeps every digit', async t => {
  const database = await open(t, await newUrl(t))
  const { rows } = await sql<{ big: bigint }>`SELECT 9223372036854775807::int8 AS big`.execute(database)
  t.equal(rows[0]?.big, 9_223_372_036_854_775_807n)
})

t.test('a unique violation is told by its constraint', async t => {
  const database = await open(t, await newUrl(t))
  const note = { id: 1n, text: 'a', at: new Date(0) }
  await database.insertInto('notes').values(note).execute()
  const error = await database
    .insertInto('notes')
    .values({ ...note, id: 2n })
    .execute()
    .catch((error: unknown) => error)
  t.ok(isUniqueViolation(error))
  t.ok(isUniqueViolation(error, 'notes_text_key'))
  t.notOk(isUniqueViolation(error, 'notes_pkey'))
  t.notOk(isUniqueViolation(new Error('other')))
})

t.test('a migration that fails is told by the database, and leaves nothing', async t => {
  const url = await newUrl(t)
  const broken = { ...migrations, '0002_broken': { up: (database: never) => sql`SELECT nonsense`.execute(database) } }
  const error = await openDatabase<Schema>({ url, migrations: broken as never }).catch((error: unknown) => error)
  t.ok(error instanceof DatabaseError)
  t.match(error, { message: /^cannot migrate the database database_\w+ at 127\.0\.0\.1:\d+: column "nonsense"/ })
  t.resolves(open(t, url))
})
