// `make e2e`: walks through a running shop, by default the one of `make start`.
import { createClient } from './client.ts'
import { walkThroughShop } from './walk.ts'

const url = process.env.GATEWAY_URL ?? 'http://localhost:8080'
let steps = 0
try {
  await walkThroughShop(createClient(url), step => {
    steps += 1
    console.log(`ok ${steps} - ${step}`)
  })
  console.log(`The walk through ${url} is complete.`)
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''
  console.error(`not ok ${steps + 1} - ${error instanceof Error ? error.message : error}${cause}`)
  process.exitCode = 1
}
