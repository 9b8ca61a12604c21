import type { Socket } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import underPressure, { TYPE_EVENT_LOOP_DELAY } from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { createEpisodes } from '../lib/pressure/episodes.ts'

const kUnderWay = Symbol('sluice.underWay')

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether requests are shed now. */
    isShedding(): boolean
  }

  interface FastifyRequest {
    /** The connection that it is under way on; null: it is not counted. */
    [kUnderWay]: Socket | null
  }

  interface FastifyContextConfig {
    /** Called in place of shedding requests of this route. */
    pressureHandler?: () => void
  }
}

declare module 'node:net' {
  interface Socket {
    /** Its requests that are under way. */
    [kUnderWay]?: number
  }
}

export interface OverloadOptions {
  /** The mean delay of the event loop above which load is shed, in milliseconds. Default 300. */
  maxEventLoopDelayMs?: number
  /** The share of the heap, and of a container's memory, above which load is shed: above 0, up to 1. Default 0.9. */
  maxMemoryRatio?: number
  /** How many requests may be under way, streams included, before more are shed: at least 1. Default 20,000. */
  maxInFlight?: number
  /**
   * How many requests of one connection may be under way: at least 1. Those that come before the answers to others are kept
   * with their answers, whether or not the client ever reads them. Default 32.
   */
  maxPipelined?: number
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
  const { maxEventLoopDelayMs, maxMemoryRatio, maxInFlight, maxPipelined } = checkOptions(options)
  const hasLasted = createEpisodes({ gapMs: episodeGapMs, minMs: sampleMs })
  const maxHeapUsedBytes = Math.floor(getHeapStatistics().heap_size_limit * maxMemoryRatio)
  // 0 without a limit of the container, which switches the check off.
  const maxRssBytes = Math.floor((process.constrainedMemory() ?? 0) * maxMemoryRatio)
  let inFlight = 0

  /** Whether memory or requests under way are above this share of their limits. */
  function isFull(share: number): boolean {
    const { heapUsed, rssBytes } = gateway.memoryUsage()
    return (
      heapUsed > maxHeapUsedBytes * share ||
      (maxRssBytes > 0 && rssBytes > maxRssBytes * share) ||
      inFlight > maxInFlight * share
    )
  }

  function isStrained(): boolean {
    return gateway.memoryUsage().eventLoopDelay > maxEventLoopDelayMs * strainedRatio || isFull(strainedRatio)
  }

  /** Whether it has for a while. No request was seen while the event loop was blocked; a delay is infinite without a sample. */
  function hasLagged(delayMs = 0): boolean {
    return hasLasted(Number.isFinite(delayMs) ? delayMs : sampleMs)
  }

  gateway.decorate('isShedding', function isShedding() {
    const { eventLoopDelay } = gateway.memoryUsage()
    return isFull(1) || (eventLoopDelay > maxEventLoopDelayMs && hasLagged(eventLoopDelay))
  })
  gateway.decorateRequest(kUnderWay, null)

  gateway.addHook('onRequest', function countRequest(request, reply, done) {
    const { socket } = request.raw
    const underWay = (socket[kUnderWay] ?? 0) + 1
    inFlight += 1
    socket[kUnderWay] = underWay
    request[kUnderWay] = socket
    if (underWay > maxPipelined) {
      // The connection ends with this answer, and what is behind it is refused too.
      socket[kUnderWay] = Number.POSITIVE_INFINITY
      done(new RequestError('SLUICE_ERR_PIPELINE_TOO_LONG', { headers: { connection: 'close' } }))
      return
    }
    if (isStrained()) reply.header('connection', 'close')
    done()
  })

  gateway.onCompleted(request => {
    const socket = request[kUnderWay]
    // Refused before it came here.
    if (socket === null) return
    inFlight -= 1
    socket[kUnderWay]! -= 1
  })

  await gateway.register(underPressure, {
    sampleInterval: sampleMs,
    maxEventLoopDelay: maxEventLoopDelayMs,
    maxHeapUsedBytes,
    maxRssBytes,
    async pressureHandler(_request, _reply, type, value) {
      if (type === TYPE_EVENT_LOOP_DELAY && !hasLagged(value)) return
      throw new RequestError('SLUICE_ERR_OVERLOADED', { retryAfterSeconds })
    }
  })

  gateway.addHook('onRequest', function shedAboveMostInFlight(request, _reply, done) {
    if (inFlight <= maxInFlight || request.routeOptions.config.pressureHandler !== undefined) done()
    else done(new RequestError('SLUICE_ERR_OVERLOADED', { retryAfterSeconds }))
  })
}

function checkOptions(options: OverloadOptions) {
  const { maxEventLoopDelayMs = 300, maxMemoryRatio = 0.9, maxInFlight = 20_000, maxPipelined = 32 } = options
  if (!(maxEventLoopDelayMs > 0)) throw invalid('maxEventLoopDelayMs must be above 0')
  if (!(maxMemoryRatio > 0 && maxMemoryRatio <= 1)) throw invalid('maxMemoryRatio must be above 0 and up to 1')
  if (!(Number.isInteger(maxInFlight) && maxInFlight >= 1)) throw invalid('maxInFlight must be at least 1')
  if (!(Number.isInteger(maxPipelined) && maxPipelined >= 1)) throw invalid('maxPipelined must be at least 1')
  return { maxEventLoopDelayMs, maxMemoryRatio, maxInFlight, maxPipelined }
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['overload', problem])
}

export default fp(overload, {
  name: 'sluice-overload',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing', 'sluice-errors']
})
