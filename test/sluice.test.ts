import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import t from 'tap'
import { reflectionRoutes } from '../backends/shared/reflection.ts'
import { ProductService } from '../gen/shop/product/v1/product_pb.ts'
import { build, createCall, secret, signToken, startUpstream, type Test } from './helper.ts'
import { compileProtos, runSluice, startSluice } from './sluice-process.ts'

const folder = t.testdir()
const image = join(folder, 'image.binpb')
await compileProtos('proto', image)

const env = { JWT_SECRET: secret }
const categories = [{ name: 'food', productCount: 3 }]

function hostOf(url: string): string {
  return new URL(url).host
}

t.test('the services of a descriptor set are served as their route plugins serve them', async t => {
  const shop = { product: { listCategories: () => ({ categories }) } }
  const upstream = await startUpstream(t, shop)
  const call = createCall(await startSluice(t, ['--descriptors', image, '--upstream', hostOf(upstream.url)], env))
  const plugins = await build(t, {}, shop)
  const asked: [method: string, path: string][] = [
    ['GET', '/api/v1/categories'],
    ['GET', '/api/v1/categories?color=red'],
    ['GET', '/api/v1/products/not-a-uuid'],
    ['GET', '/api/v1/ordres'],
    ['POST', '/api/v1/categories']
  ]
  for (const [method, path] of asked) {
    const [ours, theirs] = await Promise.all([call(method, path), plugins.call(method, path)])
    const facts = ({ request_id: _, trace_id: __, ...rest }: Record<string, unknown>) => rest
    t.same([ours.status, facts(ours.body)], [theirs.status, facts(theirs.body)], `${method} ${path}`)
  }
})

t.test('the policies in the descriptors hold', async t => {
  const upstream = await startUpstream(t, { user: { getMe: () => ({ username: 'ann' }) } })
  const call = createCall(
    await startSluice(t, ['--descriptors', image, '--upstream', hostOf(upstream.url), '--public'], env)
  )
  t.equal((await call('GET', '/api/v1/users/me')).status, 401)
  t.match(await call('GET', '/api/v1/users/me', { token: await signToken() }), {
    status: 200,
    body: { username: 'ann' }
  })
})

t.test('a service may have an upstream of its own', async t => {
  const mine = await startUpstream(t, { product: { listCategories: () => ({ categories }) } })
  const args = ['--descriptors', image, '--upstream', `shop.product.v1.ProductService=${hostOf(mine.url)}`]
  const call = createCall(await startSluice(t, args, env))
  t.equal((await call('GET', '/api/v1/categories')).status, 200)
  t.equal((await call('GET', '/api/v1/users/me')).status, 404, 'what has no upstream is not served')
})

t.test('without descriptors, the upstream is asked for what it offers', async t => {
  const url = await serve(t, router => {
    reflectionRoutes([ProductService])(router)
    router.service(ProductService, { listCategories: () => ({ categories }) })
  })
  const call = createCall(await startSluice(t, ['--upstream', hostOf(url)], env))
  t.same((await call('GET', '/api/v1/categories')).body, { categories: [{ name: 'food', product_count: 3 }] })
})

t.test('methods without a policy need a token, unless they are made public', async t => {
  const fixtures = join(folder, 'fixtures.binpb')
  await compileProtos('test/fixtures/proto', fixtures)
  const upstream = await startUpstream(t)
  const args = ['--descriptors', fixtures, '--upstream', hostOf(upstream.url)]
  const path = '/v1/shelves/1/books/2'
  t.equal((await createCall(await startSluice(t, args, env))('GET', path)).status, 401)
  const opened = await createCall(await startSluice(t, [...args, '--public'], env))('GET', path)
  t.not(opened.status, 401)
})

t.test('without a key, what is public can be called', async t => {
  const upstream = await startUpstream(t, { product: { listCategories: () => ({ categories }) } })
  const call = createCall(await startSluice(t, ['--descriptors', image, '--upstream', hostOf(upstream.url)]))
  t.equal((await call('GET', '/api/v1/categories')).status, 200)
  t.equal((await call('GET', '/api/v1/users/me', { token: await signToken() })).status, 401)
})

t.test('--help tells how it is used', async t => {
  t.match(await runSluice(t, ['--help']), { code: 0, stdout: /^Usage: sluice/, stderr: '' })
})

const refused: [args: string[], message: RegExp][] = [
  [['--upstream', 'a:1', '--colour'], /^sluice: Unknown option '--colour'/],
  [['--upstream', '-a:80'], /^sluice: Option '--upstream' argument is ambiguous\./],
  [
    ['--upstream', 'a:1', '--upstream', 'ftp://me:secret@b'],
    /^sluice: --upstream "ftp:\/\/\*\*\*@b" must be .*"ftp" is not one of/
  ],
  [['--upstream', 'x.Y=a:1', '--descriptors', image], /image\.binpb: no service x\.Y with an HTTP rule/],
  [['--upstream', 'a:1', '--port', 'http'], /^sluice: PORT must be a whole number/]
]
for (const [args, message] of refused) {
  t.test(`sluice ${args.join(' ').replaceAll(/\S*\//g, '')} is refused in one line`, async t => {
    const { code, stderr } = await runSluice(t, args, env)
    t.equal(code, 1)
    t.match(stderr, message)
    t.equal(stderr.trim().split('\n').length, 1)
  })
}

/** Serves over real HTTP/2. */
async function serve(t: Test, routes: (router: ConnectRouter) => void): Promise<string> {
  const server = createServer(connectNodeAdapter({ routes }))
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', session => sessions.add(session))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
