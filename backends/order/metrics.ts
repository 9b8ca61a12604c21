import { metrics } from '@opentelemetry/api'
import type { OrderStatusName } from './schema.ts'

/** The measurements of the order service. */
export function createOrderMetrics() {
  const meter = metrics.getMeter('order-service')
  const created = meter.createCounter('order.create.count', { description: 'orders, by their status when answered' })
  const statuses = meter.createCounter('order.status.count', { description: 'changes of status, by the new one' })
  const duration = meter.createHistogram('order.process.duration', {
    description: 'from the call to the answer of CreateOrder',
    unit: 'ms'
  })
  const stuck = new Set<string>()
  meter
    .createObservableGauge('saga.compensation.stuck', {
      description: 'orders whose money or stock cannot be given back'
    })
    .addCallback(gauge => gauge.observe(stuck.size))

  return {
    created(status: string, durationMs: number) {
      created.add(1, { status })
      duration.record(durationMs, { status })
    },
    entered(status: OrderStatusName) {
      statuses.add(1, { status })
    },
    compensationStuck(orderId: string) {
      stuck.add(orderId)
    },
    compensationDone(orderId: string) {
      stuck.delete(orderId)
    }
  }
}

export type OrderMetrics = ReturnType<typeof createOrderMetrics>
