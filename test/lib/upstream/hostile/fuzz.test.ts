import fc from 'fast-check'
import t from 'tap'
import { startPlayer } from './play.ts'
import { randomAnswers } from './random-answers.ts'

/** The same answers in each run, unless others are asked for. */
const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 1_000), seed: Number(process.env.FUZZ_SEED ?? 1) }

t.test('whatever a server sends, each call ends, and the connection is closed or goes on', async t => {
  const play = await startPlayer(t)
  await fc.assert(
    fc.asyncProperty(randomAnswers, async answer => {
      const problems = await play(answer)
      if (problems.length > 0) throw new Error(problems.join('\n'))
    }),
    runs
  )
})
