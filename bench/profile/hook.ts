// Loaded into a program that is profiled: it listens on a socket in $PROFILE_SOCKET, and answers the words `start` and `stop`,
// the latter with what the profiler has seen between.
import { type Profiler, Session } from 'node:inspector/promises'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'

/** How often the profiler looks, in microseconds. */
const interval = 200

const session = new Session()
session.connect()

const server = createServer({ allowHalfOpen: true }, async connection => {
  const word = await text(connection)
  const answer = word === 'start' ? await start() : await stop()
  connection.end(JSON.stringify(answer))
})
server.listen(process.env.PROFILE_SOCKET).unref()

async function start(): Promise<null> {
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval })
  await session.post('Profiler.start')
  return null
}

async function stop(): Promise<Profiler.Profile> {
  const { profile } = await session.post('Profiler.stop')
  return profile
}
