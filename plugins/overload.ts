import { getHeapStatistics } from 'node:v8'
import underPressure, { TYPE_EVENT_LOOP_DELAY } from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { createEpisodes } from '../lib/pressure/episodes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Called in place of shedding requests of this route. */
    pressureHandler?: () => void
  }
}

export interface OverloadOptions {
  /** The mean delay of the event loop above which load is shed, in milliseconds. Default 300. */
  maxEventLoopDelayMs?: number
  /** The share of the heap, and of a container's memory, above which load is shed: above 0, up to 1. Default 0.9. */
  maxMemoryRatio?: number
  /** How many requests may be under way, streams included, before more are shed: at least 1. Default 20,000. */
  maxInFlight?: number
}

const sampleMs = 250
/** Samples of a lagging event loop that are further apart are no longer one episode. */
const episodeGapMs = 2_000
const retryAfterSeconds = 1

/** From this share of a limit on, connections end with their answers: clients come back, perhaps to another gateway. */
const strainedRatio = 0.8

/**
 * Sheds load in two stages, before any other work is spent on a request, while the event loop lags, memory runs out, or too many
 * requests are under way: first connections end with their answers, then requests are refused. One lagging sample is no
 * overload, but a collection of garbage or a neighbour on the machine; and the utilisation of the event loop is no measure,
 * as it is 1 on a gateway that is busy and well. Routes with `config.pressureHandler` decide for themselves.
 */
export async function overload(gateway: FastifyInstance, options: OverloadOptions) {
  const { maxEventLoopDelayMs, maxMemoryRatio, maxInFlight } = checkOptions(options)
  const hasLasted = createEpisodes({ gapMs: episodeGapMs, minMs: sampleMs })
  const maxHeapUsedBytes = Math.floor(getHeapStatistics().heap_size_limit * maxMemoryRatio)
  // 0 without a limit of the container, which switches the check off.
  const maxRssBytes = Math.floor((process.constrainedMemory() ?? 0) * maxMemoryRatio)
  let inFlight = 0

  function isStrained(): boolean {
    const { eventLoopDelay, heapUsed, rssBytes } = gateway.memoryUsage()
    return (
      eventLoopDelay > maxEventLoopDelayMs * strainedRatio ||
      heapUsed > maxHeapUsedBytes * strainedRatio ||
      (maxRssBytes > 0 && rssBytes > maxRssBytes * strainedRatio) ||
      inFlight > maxInFlight * strainedRatio
    )
  }

  gateway.addHook('onRequest', function endConnectionWhenStrained(_request, reply, done) {
    inFlight += 1
    if (isStrained()) reply.header('connection', 'close')
    done()
  })

  gateway.onCompleted(() => {
    inFlight -= 1
  })

  await gateway.register(underPressure, {
    sampleInterval: sampleMs,
    maxEventLoopDelay: maxEventLoopDelayMs,
    maxHeapUsedBytes,
    maxRssBytes,
    async pressureHandler(_request, _reply, type) {
      if (type === TYPE_EVENT_LOOP_DELAY && !hasLasted()) return
      throw new RequestError('SLUICE_ERR_OVERLOADED', { retryAfterSeconds })
    }
  })

  gateway.addHook('onRequest', function shedAboveMostInFlight(request, _reply, done) {
    if (inFlight <= maxInFlight || request.routeOptions.config.pressureHandler !== undefined) done()
    else done(new RequestError('SLUICE_ERR_OVERLOADED', { retryAfterSeconds }))
  })
}

function checkOptions({ maxEventLoopDelayMs = 300, maxMemoryRatio = 0.9, maxInFlight = 20_000 }: OverloadOptions) {
  if (!(maxEventLoopDelayMs > 0)) throw invalid('maxEventLoopDelayMs must be above 0')
  if (!(maxMemoryRatio > 0 && maxMemoryRatio <= 1)) throw invalid('maxMemoryRatio must be above 0 and up to 1')
  if (!(Number.isInteger(maxInFlight) && maxInFlight >= 1)) throw invalid('maxInFlight must be at least 1')
  return { maxEventLoopDelayMs, maxMemoryRatio, maxInFlight }
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['overload', problem])
}

export default fp(overload, {
  name: 'sluice-overload',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing', 'sluice-errors']
})
