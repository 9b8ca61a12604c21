import { metrics } from '@opentelemetry/api'
import { reasonOf } from '../shared/service-error.ts'

export type UserMetrics = ReturnType<typeof createUserMetrics>

/** The counters and timings of the user service. */
export function createUserMetrics() {
  const meter = metrics.getMeter('sluice.backends.user')
  const registrations = meter.createCounter('user.register.count', { description: 'Attempts to open an account' })
  const logins = meter.createCounter('user.login.count', { description: 'Attempts to sign in' })
  const queries = meter.createHistogram('user.query.duration', { unit: 'ms', description: 'Time of a database query' })

  async function counted<Result>(counter: typeof logins, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work()
      counter.add(1, { status: 'success', reason: '' })
      return result
    } catch (error) {
      counter.add(1, { status: 'failure', reason: reasonOf(error) ?? 'INTERNAL' })
      throw error
    }
  }

  return {
    countRegistration: <Result>(work: () => Promise<Result>) => counted(registrations, work),
    countLogin: <Result>(work: () => Promise<Result>) => counted(logins, work),
    async timeQuery<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
      const start = performance.now()
      try {
        return await work()
      } finally {
        queries.record(performance.now() - start, { operation })
      }
    }
  }
}
