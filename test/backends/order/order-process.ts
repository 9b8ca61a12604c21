import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type Client, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import type { Test } from '../helper.ts'
import type { Shop } from './shop.ts'

/** The order service as a process of its own: one that can be killed. */
export interface OrderProcess {
  /** Calls as a user, a customer unless `roles` says otherwise. A call that is under way when the process dies ends with an error. */
  as(userId: string, roles?: string[]): Promise<Client<typeof OrderService>>
  /** Ends it with SIGKILL: nothing of it runs any more when this returns. */
  kill(): Promise<void>
  /** Asks it to stop, with SIGTERM; answers its exit code. */
  stop(): Promise<number | null>
}

const main = new URL('../../../backends/main.ts', import.meta.url).pathname

/** Starts `node backends/main.ts order` against the services of a shop; it never outlives the test. */
export async function startOrderProcess(t: Test, shop: Shop): Promise<OrderProcess> {
  const { secret, issuer, audience } = shop.payment.settings
  const child = spawn(process.execPath, [main, 'order'], {
    env: {
      ...process.env,
      DATABASE_URL: shop.databaseUrl('orders'),
      PRODUCT_SERVICE_URL: shop.peers.productUrl,
      INVENTORY_SERVICE_URL: shop.peers.inventoryUrl,
      PAYMENT_SERVICE_URL: shop.peers.paymentUrl,
      JWT_SECRET: secret,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      HOST: '127.0.0.1',
      PORT: '0'
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const exited = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  const baseUrl = await listeningUrl(child)
  const sessionManager = new Http2SessionManager(baseUrl)

  return {
    async as(userId, roles) {
      const token = await shop.payment.userToken(userId, roles)
      const transport = createGrpcTransport({
        baseUrl,
        sessionManager,
        interceptors: [
          next => request => {
            request.header.set('authorization', `Bearer ${token}`)
            return next(request)
          }
        ]
      })
      return createClient(OrderService, transport)
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
      sessionManager.abort()
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = await exited
      sessionManager.abort()
      return code
    }
  }
}

/** The URL that the process says it listens on; the rest of what it says is let pass. */
async function listeningUrl(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const heard: string[] = []
  const lines = createInterface({ input: child.stdout })
  const listening = new Promise<string>((resolve, reject) => {
    lines.on('line', line => {
      heard.push(line)
      const url = /listening on (http:\/\/[^\s"]+)/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', () => reject(new Error(`the order service did not start:\n${heard.join('\n')}`)))
  })
  return await listening
}
