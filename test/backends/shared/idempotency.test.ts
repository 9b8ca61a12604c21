import { sql, type Transaction } from 'kysely'
import t from 'tap'
import { openDatabase } from '../../../backends/shared/database.ts'
import { claimKey, createIdempotencyKeys, recallKey } from '../../../backends/shared/idempotency.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { startPostgres, type Test } from '../helper.ts'

const request = { scope: 'ann:CreateProduct', key: 'attempt-1', hash: Buffer.from('a') }

async function open(t: Test) {
  const url = (await startPostgres(t)).url(`keys_${newId().replaceAll('-', '')}`)
  const database = await openDatabase<object>({ url, migrations: { '0001_keys': { up: createIdempotencyKeys } } })
  t.teardown(() => database.destroy())
  const claim = (response: string, given = request) =>
    database.transaction().execute(transaction => claimKey(transaction, given, response))
  return { database, claim }
}

t.test('a key is claimed once; then it tells what it led to', async t => {
  const { database, claim } = await open(t)
  t.equal(await recallKey(database, request), null)
  t.equal(await claim('first'), null)
  t.equal(await claim('second'), 'first')
  t.equal(await recallKey(database, request), 'first')
})

t.test('of many claims at once one wins, and the others learn its response', async t => {
  const { claim } = await open(t)
  const outcomes = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(response => claim(response)))
  t.equal(outcomes.filter(outcome => outcome === null).length, 1)
  t.equal(new Set(outcomes.filter(outcome => outcome !== null)).size, 1)
})

t.test('a key of a transaction that failed is free', async t => {
  const { database, claim } = await open(t)
  const failing = async (transaction: Transaction<object>) => {
    await claimKey(transaction, request, 'first')
    throw new Error('no effect')
  }
  await t.rejects(database.transaction().execute(failing))
  t.equal(await claim('second'), null)
})

t.test('a key cannot be used for another request', async t => {
  const { database, claim } = await open(t)
  const other = { ...request, hash: Buffer.from('b') }
  await claim('first')
  t.equal(await claim('second', other).catch(reasonOf), 'IDEMPOTENCY_KEY_REUSED')
  t.equal(await recallKey(database, other).catch(reasonOf), 'IDEMPOTENCY_KEY_REUSED')
})

t.test('the same key of somebody else is another key', async t => {
  const { claim } = await open(t)
  await claim('first')
  t.equal(await claim('second', { ...request, scope: 'bob:CreateProduct' }), null)
})

t.test('a key is free again after its time', async t => {
  const { database, claim } = await open(t)
  await claim('first')
  await sql`UPDATE idempotency_keys SET expires_at = now() - interval '1 second'`.execute(database)
  t.equal(await recallKey(database, request), null)
  t.equal(await claim('second', { ...request, hash: Buffer.from('b') }), null)
})

t.test('claims clear away what has expired', async t => {
  const { database, claim } = await open(t)
  await claim('first')
  await sql`UPDATE idempotency_keys SET expires_at = now() - interval '1 second'`.execute(database)
  await claim('other', { ...request, key: 'attempt-2' })
  const { rows } = await sql<{ key: string }>`SELECT key FROM idempotency_keys`.execute(database)
  t.same(rows, [{ key: 'attempt-2' }])
})
