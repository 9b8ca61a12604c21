import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { packedHeaders } from '../grpc/servers.ts'
import { settings } from '../http2/frame-server.ts'
import { block, head, headers, opening, ping, windowUpdate } from './bytes.ts'
import { startPlayer } from './play.ts'
import { type RandomAnswer, randomAnswers } from './random-answers.ts'

/**
 * What many hostile answers leave behind: run by baseline.test.ts in a process of its own, with `--expose-gc`, and told to it
 * as `Measure` in JSON.
 */
export interface Measure {
  connectionsPerRound: number
  /** How much more there is after each round than before it, in bytes. */
  heapBytes: number[]
  bufferBytes: number[]
  /** What keeps the process alive, before and after. */
  handlesBefore: string[]
  handlesAfter: string[]
}

const rounds = 6

const floods = [ping(), settings(), windowUpdate(1)].map<RandomAnswer>(bytes => ({
  opening,
  pieces: [head, Buffer.concat(new Array<Buffer>(5_000).fill(bytes))],
  isWhole: false
}))

const answers = [...fc.sample(randomAnswers, { numRuns: 120, seed: 2 }), ...floods]

/** Headers with long names that no answer had before: what is remembered across connections must not grow by them. */
function newNames(round: number): RandomAnswer[] {
  return Array.from({ length: 30 }, (_, at) => {
    const name = `${'x'.repeat(15_000)}-${round}-${at}`
    return { opening, pieces: [headers(Buffer.concat([packedHeaders, block([name, ''])]))], isWhole: true }
  })
}

const ends: (() => unknown)[] = []
const play = await startPlayer({ teardown: end => ends.push(end) })

/** Memory that is in use, once all is over that is not at once. */
async function measure() {
  const handles = process.getActiveResourcesInfo
  for (let turn = 0; turn < 100 && handles().some(name => name === 'TCPSocketWrap'); turn++) await setImmediate()
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc!()
    await setImmediate()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heapUsed, arrayBuffers, handles: handles() }
}

const measures = []
for (let round = 0; round <= rounds; round++) {
  for (const answer of [...answers, ...newNames(round)]) await play(answer)
  measures.push(await measure())
}
for (const end of ends) end()

function growthOf(values: number[]): number[] {
  return values.slice(1).map((value, at) => value - values[at]!)
}

const told: Measure = {
  connectionsPerRound: answers.length + newNames(0).length,
  heapBytes: growthOf(measures.map(({ heapUsed }) => heapUsed)),
  bufferBytes: growthOf(measures.map(({ arrayBuffers }) => arrayBuffers)),
  handlesBefore: measures[0]!.handles,
  handlesAfter: measures.at(-1)!.handles
}
console.log(JSON.stringify(told))
