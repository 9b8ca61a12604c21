import { sql } from 'kysely'
import { PaymentService } from '../../gen/shop/payment/v1/payment_pb.ts'
import type { Backend, BackendDependencies } from '../shared/backend.ts'
import { openDatabase } from '../shared/database.ts'
import type { ServiceSettings } from '../shared/settings.ts'
import { createGateway, type GatewayOptions } from './gateway.ts'
import { createPaymentMetrics } from './metrics.ts'
import { paymentMigrations } from './migrations.ts'
import { createMoneyRpcs } from './money-rpcs.ts'
import type { PaymentProvider } from './provider.ts'
import { createReadRpcs } from './read-rpcs.ts'
import { type RecoveryOptions, startRecovery } from './recovery.ts'
import type { PaymentSchema } from './schema.ts'
import { createSimulator, type SimulatorOptions } from './simulator.ts'

/** What a deployment leaves at its defaults. */
export interface PaymentOptions {
  gateway?: GatewayOptions
  recovery?: RecoveryOptions
  simulator?: SimulatorOptions
  /** Who moves the money. Default: the simulator. */
  provider?: PaymentProvider
}

/** Charges and refunds, on a database of their own. */
export async function createPaymentService(
  settings: ServiceSettings,
  { log, pager }: BackendDependencies,
  options: PaymentOptions = {}
): Promise<Backend> {
  const db = await openDatabase<PaymentSchema>({ url: settings.databaseUrl, migrations: paymentMigrations })
  const provider = options.provider ?? createSimulator(db, options.simulator)
  const gateway = createGateway(provider, log, options.gateway)
  const deps = { db, gateway, metrics: createPaymentMetrics() }
  const recovery = startRecovery(deps, log, options.recovery)

  return {
    services: [PaymentService],
    routes: router => router.service(PaymentService, { ...createMoneyRpcs(deps), ...createReadRpcs(db, pager) }),
    async ready() {
      await sql`SELECT 1`.execute(db)
      return true
    },
    async close() {
      await recovery.close()
      await db.destroy()
    }
  }
}
