import t from 'tap'
import { decodePercent, decodePercentExceptSlash, PercentError } from '../../../lib/httprule/percent.ts'

t.test('everything is decoded once', async t => {
  t.equal(decodePercent('plain'), 'plain')
  t.equal(decodePercent('%41%2F%2f%25'), 'A//%')
  t.equal(decodePercent('%2541'), '%41')
  t.equal(decodePercent('a+b'), 'a+b', 'a plus is a space in a query only, where the reader of the query sees to it')
})

t.test('a slash stays as it was written when asked for', async t => {
  t.equal(decodePercentExceptSlash('%41%2F%2f%25'), 'A%2F%2f%')
  t.equal(decodePercentExceptSlash('%C3%A9'), 'é')
  t.throws(() => decodePercentExceptSlash('%C3%2F%A9'), PercentError)
})
