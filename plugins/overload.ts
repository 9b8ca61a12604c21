import { getHeapStatistics } from 'node:v8'
import underPressure, { TYPE_EVENT_LOOP_DELAY } from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { createEpisodes } from '../lib/pressure/episodes.ts'

export interface OverloadOptions {
  /** The mean delay of the event loop above which load is shed, in milliseconds. Default 300. */
  maxEventLoopDelayMs?: number
  /** The share of the heap, and of a container's memory, above which load is shed: above 0, up to 1. Default 0.9. */
  maxMemoryRatio?: number
}

const sampleMs = 250
/** Samples of a lagging event loop that are further apart are no longer one episode. */
const episodeGapMs = 2_000
const retryAfterSeconds = 1

/**
 * Sheds load while the event loop lags or memory runs out, before any other work is spent on a request. One lagging sample
 * is no overload, but a collection of garbage or a neighbour on the machine; and the utilisation of the event loop is no
 * measure, as it is 1 on a gateway that is busy and well. Routes with `config.pressureHandler` decide for themselves.
 */
async function overload(gateway: FastifyInstance, options: OverloadOptions) {
  const { maxEventLoopDelayMs = 300, maxMemoryRatio = 0.9 } = options
  if (!(maxEventLoopDelayMs > 0)) throw invalid('maxEventLoopDelayMs must be above 0')
  if (!(maxMemoryRatio > 0 && maxMemoryRatio <= 1)) throw invalid('maxMemoryRatio must be above 0 and up to 1')
  const hasLasted = createEpisodes({ gapMs: episodeGapMs, minMs: sampleMs })
  await gateway.register(underPressure, {
    sampleInterval: sampleMs,
    maxEventLoopDelay: maxEventLoopDelayMs,
    maxHeapUsedBytes: Math.floor(getHeapStatistics().heap_size_limit * maxMemoryRatio),
    // 0 without a limit of the container, which switches the check off.
    maxRssBytes: Math.floor((process.constrainedMemory() ?? 0) * maxMemoryRatio),
    async pressureHandler(_request, _reply, type) {
      if (type === TYPE_EVENT_LOOP_DELAY && !hasLasted()) return
      throw new RequestError('SLUICE_ERR_OVERLOADED', { retryAfterSeconds })
    }
  })
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['overload', problem])
}

export default fp(overload, {
  name: 'sluice-overload',
  fastify: '5.x',
  dependencies: ['sluice-tracing', 'sluice-errors']
})
