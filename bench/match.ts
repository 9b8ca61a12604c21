// The match of a request's path among many templates, beside Fastify's own router with the same ones.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { OrderService } from '../gen/shop/order/v1/order_pb.ts'
import { createRouter } from '../lib/httprule/router.ts'
import type { HttpRule } from '../lib/httprule/rules.ts'
import { parseTemplate } from '../lib/httprule/template.ts'
import { compare } from './in-process.ts'
import type { Suite } from './suite.ts'

// What Fastify itself depends on.
const fastify = createRequire(import.meta.url).resolve('fastify')
const findMyWay = createRequire(dirname(fastify))('find-my-way') as typeof import('find-my-way')

const collections = 100

/** Five templates for each collection: 500. */
const templates = Array.from({ length: collections }, (_, index) => {
  const collection = `/api/v1/things${index}`
  return [
    collection,
    `${collection}/{order_id}`,
    `${collection}/{order_id}/parts`,
    `${collection}/{order_id}/parts/{reason}`,
    `${collection}/{order_id}/notes/newest`
  ]
}).flat()

const paths = templates.map((template, index) =>
  template.replaceAll(/\{\w+\}/g, () => `0199d3a1-7c00-7000-8000-${index}`)
)

export function runMatch(): Suite {
  const router = createRouter<string>()
  const reference = findMyWay()
  for (const text of templates) {
    const template = parseTemplate(text)
    const rule: HttpRule = {
      method: OrderService.method.getOrder,
      httpMethod: 'GET',
      template,
      body: '',
      responseBody: ''
    }
    router.add(rule, text)
    const pattern = text.replaceAll(/\{(\w+)\}/g, ':$1')
    reference.on('GET', pattern, () => text)
  }
  for (const [index, path] of paths.entries()) {
    const match = router.match('GET', path)
    const found = reference.find('GET', path)
    assert.equal(match?.route, templates[index])
    assert.deepEqual(Object.fromEntries(match!.capture()), { ...found!.params })
  }
  return {
    title: 'Match',
    text: `CPU microseconds for ${paths.length} paths, one for each of ${templates.length} templates, their variables read, beside find-my-way, Fastify's router.`,
    unit: 'µs',
    cases: [
      {
        name: `${paths.length} paths`,
        contenders: compare([
          { name: 'find-my-way', run: () => paths.map(path => reference.find('GET', path)) },
          { name: 'Sluice', run: () => paths.map(path => router.match('GET', path)!.capture()) }
        ])
      }
    ]
  }
}
