import fc from 'fast-check'
import t from 'tap'
import { FrameReader } from '../../../../lib/upstream/http2/frame-reader.ts'
import { startPlayer } from './play.ts'
import { randomAnswers } from './random-answers.ts'

/** The same answers in each run, unless others are asked for. */
const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 700), seed: Number(process.env.FUZZ_SEED ?? 1) }

/** The frames in what is read piece by piece, until one that cannot be. */
function framesIn(pieces: Buffer[]): string[] {
  const frames: string[] = []
  const reader = new FrameReader({
    onFrame: (type, flags, streamId, bytes, start, end) =>
      frames.push([type, flags, streamId, bytes.toString('hex', start, end)].join())
  })
  try {
    for (const piece of pieces) reader.push(piece)
  } catch (error) {
    frames.push(String(error))
  }
  return frames
}

t.test('the pieces in which frames come make no difference', async () => {
  fc.assert(
    fc.property(randomAnswers, ({ pieces }) => {
      const apart = framesIn(pieces)
      const together = framesIn([Buffer.concat(pieces)])
      return apart.join() === together.join()
    }),
    runs
  )
})

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
