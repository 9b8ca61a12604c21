// Loaded into a program that is profiled: a message starts the profiler, and the next one answers with what it has seen.
import { type Profiler, Session } from 'node:inspector/promises'

/** How often the profiler looks, in microseconds. */
const interval = 200

const session = new Session()
session.connect()

process.on('message', async ({ profile }: { profile: 'start' | 'stop' }) => {
  if (profile === 'start') {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval })
    await session.post('Profiler.start')
    process.send!('started')
  } else {
    const answer: { profile: Profiler.Profile } = await session.post('Profiler.stop')
    process.send!(answer.profile)
  }
})
