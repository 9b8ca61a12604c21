import t from 'tap'
import { startShop } from './shop.ts'
import { walkThroughShop } from './walk.ts'

t.test('a customer walks through the shop, and then again', async t => {
  const { call } = await startShop(t)
  await walkThroughShop(call, step => t.pass(step))
  await walkThroughShop(call, step => t.pass(`again: ${step}`))
})
