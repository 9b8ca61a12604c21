import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api'

/** How often the delay of the event loop is looked at, in milliseconds. */
const resolutionMs = 10
const nanosPerSecond = 1e9
/** What passes between two looks when there is no delay: Node counts it in. */
const resolutionNs = resolutionMs * 1e6

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>
type Observe = (result: BatchObservableResult) => void

/**
 * Tells how this process is, whenever metrics are collected: the delay and the use of the event loop, the heap, the memory
 * and the time of the processor, under the names of the semantic conventions. Nothing is watched before metrics are collected
 * for the first time.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/
 * @returns what ends it
 */
export function observeRuntime(meter: Meter): () => void {
  const parts = [eventLoopDelay(meter), eventLoopUse(meter), heap(meter), processUse(meter)]
  for (const { observe, instruments } of parts) meter.addBatchObservableCallback(observe, instruments)
  return () => {
    for (const { observe, instruments, close } of parts) {
      meter.removeBatchObservableCallback(observe, instruments)
      close?.()
    }
  }
}

interface Part {
  observe: Observe
  instruments: Observable[]
  close?(): void
}

function eventLoopDelay(meter: Meter): Part {
  const values: Record<string, (delay: DelayHistogram) => number> = {
    min: delay => delay.min - resolutionNs,
    max: delay => delay.max - resolutionNs,
    mean: delay => delay.mean - resolutionNs,
    stddev: delay => delay.stddev,
    p50: delay => delay.percentile(50) - resolutionNs,
    p90: delay => delay.percentile(90) - resolutionNs,
    p99: delay => delay.percentile(99) - resolutionNs
  }
  const gauges = Object.entries(values).map(([name, read]) => {
    const description = `Event loop delay since metrics were collected last, ${name}.`
    return { gauge: meter.createObservableGauge(`nodejs.eventloop.delay.${name}`, { description, unit: 's' }), read }
  })
  let delay: DelayHistogram | null = null
  return {
    instruments: gauges.map(({ gauge }) => gauge),
    observe(result) {
      if (delay === null) {
        delay = monitorEventLoopDelay({ resolution: resolutionMs })
        delay.enable()
      }
      // Of nothing, the mean is not a number and the least is the greatest that there is.
      if (delay.count > 0)
        for (const { gauge, read } of gauges) result.observe(gauge, Math.max(0, read(delay)) / nanosPerSecond)
      delay.reset()
    },
    close: () => void delay?.disable()
  }
}

function eventLoopUse(meter: Meter): Part {
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', {
    description: 'Share of the time that the event loop was busy, since metrics were collected last.',
    unit: '1'
  })
  const time = meter.createObservableCounter('nodejs.eventloop.time', {
    description: 'Time that the event loop was active, and idle.',
    unit: 's'
  })
  let last = performance.eventLoopUtilization()
  return {
    instruments: [utilization, time],
    observe(result) {
      const now = performance.eventLoopUtilization()
      result.observe(utilization, performance.eventLoopUtilization(now, last).utilization)
      result.observe(time, now.active / 1000, { 'nodejs.eventloop.state': 'active' })
      result.observe(time, now.idle / 1000, { 'nodejs.eventloop.state': 'idle' })
      last = now
    }
  }
}

function heap(meter: Meter): Part {
  const create = (name: string, description: string) =>
    meter.createObservableUpDownCounter(`v8js.memory.heap.${name}`, { description, unit: 'By' })
  const size = create('space.size', 'Heap memory that is set aside.')
  const used = create('used', 'Heap memory that is in use.')
  const available = create('space.available_size', 'Heap memory that is left.')
  const physical = create('space.physical_size', 'Heap memory that the system has committed.')
  return {
    instruments: [size, used, available, physical],
    observe(result) {
      for (const space of getHeapSpaceStatistics()) {
        const attributes: Attributes = { 'v8js.heap.space.name': space.space_name }
        result.observe(size, space.space_size, attributes)
        result.observe(used, space.space_used_size, attributes)
        result.observe(available, space.space_available_size, attributes)
        result.observe(physical, space.physical_space_size, attributes)
      }
    }
  }
}

function processUse(meter: Meter): Part {
  const memory = meter.createObservableUpDownCounter('process.memory.usage', {
    description: 'Physical memory in use.',
    unit: 'By'
  })
  const cpu = meter.createObservableCounter('process.cpu.time', {
    description: 'Time of the processor, by what it was spent for.',
    unit: 's'
  })
  return {
    instruments: [memory, cpu],
    observe(result) {
      const { user, system } = process.cpuUsage()
      result.observe(memory, process.memoryUsage.rss())
      result.observe(cpu, user / 1e6, { 'cpu.mode': 'user' })
      result.observe(cpu, system / 1e6, { 'cpu.mode': 'system' })
    }
  }
}
