import { type Span, SpanKind } from '@opentelemetry/api'
import { setGlobalErrorHandler } from '@opentelemetry/core'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import t from 'tap'
import { BatchProcessor } from '../../../lib/telemetry/batch-processor.ts'
import { RecordedSpan } from '../../../lib/telemetry/recorded-span.ts'

const manyMs = 3_600_000
const known = resourceFromAttributes({ 'service.name': 'test' })

/** An exporter that answers when it is told to. */
function create(options: { batchSize?: number; queueSize?: number; delayMs?: number; resource?: Resource } = {}) {
  const exports: { spans: number; bytes: Buffer; succeed(): void; fail(error: Error): void }[] = []
  const waiting: (() => void)[] = []
  let isClosed = false
  const { resource = known, ...rest } = options
  const processor = new BatchProcessor({
    batchSize: 3,
    queueSize: 9,
    delayMs: manyMs,
    timeoutMs: manyMs,
    ...rest,
    resource,
    exporter: {
      export(request) {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        const bytes = Buffer.from(request)
        exports.push({
          spans: bytes.toString('latin1').split('work').length - 1,
          bytes,
          succeed: resolve,
          fail: reject
        })
        for (const wake of waiting.splice(0)) wake()
        return promise
      },
      close() {
        isClosed = true
      }
    }
  })
  return {
    processor,
    exports,
    isClosed: () => isClosed,
    end(count: number) {
      for (let index = 0; index < count; index++) newSpan(processor, resource).end()
    },
    async untilExports(count: number) {
      while (exports.length < count) await new Promise<void>(resolve => waiting.push(resolve))
    }
  }
}

function newSpan(processor: BatchProcessor, resource: Resource): Span {
  return new RecordedSpan(
    { resource, scope: { name: 'sluice' }, onEnd: span => processor.onEnd(span) },
    {
      name: 'work',
      kind: SpanKind.INTERNAL,
      context: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 },
      parent: undefined,
      attributes: undefined,
      startTime: undefined,
      links: undefined
    }
  )
}

t.test('spans are exported when there are enough of them', async t => {
  const { end, exports, untilExports } = create()
  end(2)
  t.equal(exports.length, 0)
  end(1)
  await untilExports(1)
  t.equal(exports[0]?.spans, 3)
})

t.test('spans are exported when they have waited long enough', async t => {
  // Its timer keeps no process running.
  const running = setInterval(() => {}, manyMs)
  t.teardown(() => clearInterval(running))
  const { end, exports, untilExports } = create({ delayMs: 1 })
  end(1)
  await untilExports(1)
  t.equal(exports[0]?.spans, 1)
})

t.test('a batch waits until the one before it is exported', async t => {
  const { end, exports, untilExports } = create()
  end(6)
  await untilExports(1)
  t.equal(exports.length, 1)
  exports[0]!.succeed()
  await untilExports(2)
  t.equal(exports[1]?.spans, 3)
})

t.test('an export that fails is told of, and keeps none after it', async t => {
  const errors: unknown[] = []
  setGlobalErrorHandler(error => errors.push(error))
  t.teardown(() => setGlobalErrorHandler(() => {}))
  const { end, exports, untilExports } = create()
  end(6)
  await untilExports(1)
  exports[0]!.fail(new Error('away'))
  await untilExports(2)
  t.match(errors, [{ message: 'away' }])
})

t.test('an exporter that hangs gets no more spans than may wait, and those that come first', async t => {
  const { end, exports, processor, untilExports } = create({ queueSize: 4 })
  end(3)
  await untilExports(1)
  end(100)
  const flushed = processor.forceFlush()
  await untilExports(3)
  t.same(
    exports.map(({ spans }) => spans),
    [3, 3, 1]
  )
  for (const { succeed } of exports) succeed()
  await flushed
})

t.test('a shutdown exports what waits, ends the exporter, and takes no more', async t => {
  const { end, exports, processor, isClosed, untilExports } = create()
  end(2)
  const stopped = processor.shutdown()
  await untilExports(1)
  t.equal(isClosed(), false)
  exports[0]!.succeed()
  await stopped
  t.equal(isClosed(), true)
  end(5)
  await processor.forceFlush()
  t.equal(exports.length, 1)
})

t.test('the first batch waits for what the resource has to ask the system for', async t => {
  const host = Promise.withResolvers<string>()
  const resource = resourceFromAttributes({ 'service.name': 'test', 'host.id': host.promise })
  const { end, exports, processor, untilExports } = create({ resource })
  end(4)
  t.equal(exports.length, 0)
  host.resolve('the-host')
  const flushed = processor.forceFlush()
  await untilExports(1)
  const { spans, bytes, succeed } = exports[0]!
  t.equal(spans, 4)
  t.ok(bytes.includes('the-host'))
  succeed()
  await flushed
})
