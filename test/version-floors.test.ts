import t from 'tap'
import { installedPackages, isAtLeast } from './installed.ts'

/** Below these versions there is a known hole. Several: one for each major version that may be installed. */
const floors: Record<string, readonly string[]> = {
  node: ['24.18.1'],
  fastify: ['5.12.8'],
  '@fastify/proxy-addr': ['5.1.1'],
  'find-my-way': ['9.10.0'],
  'secure-json-parse': ['4.1.1'],
  'fast-uri': ['3.1.7', '4.1.4'],
  '@fastify/jwt': ['10.2.3'],
  'fast-jwt': ['6.3.6'],
  // 7 is what @fastify/reply-from takes, whose newest here this is; docs/proxy.md says how it is confined.
  undici: ['7.30.2', '8.11.2'],
  protobufjs: ['7.5.8', '8.2.0']
}

/** What must never be installed, also by way of another package; a version stands for its major. */
const never: readonly (readonly [name: string, major?: string])[] = [
  ['@fastify/middie'],
  ['@fastify/express'],
  ['jsonwebtoken'],
  ['node-fetch', '2'],
  ['upstream-protobuf']
]

const installed = installedPackages()

for (const [name, versions] of Object.entries(floors)) {
  t.test(`${name} is not below ${versions.join(', ')}`, async t => {
    for (const { version } of installed.filter(found => found.name === name)) {
      const major = version.split('.')[0]
      const floor = versions.find(candidate => candidate.split('.')[0] === major) ?? versions[0]!
      t.ok(isAtLeast(version, floor), version)
    }
  })
}

t.test('what this process runs is no older than what is installed', async t => {
  t.ok(isAtLeast(process.versions.node, floors.node![0]!))
})

for (const [name, major] of never) {
  t.test(`${name}${major === undefined ? '' : ` ${major}`} is not installed`, async t => {
    const found = installed.filter(
      each => each.name === name && (major === undefined || each.version.startsWith(`${major}.`))
    )
    t.same(found, [])
  })
}

t.test('the floors are about packages that are there', async t => {
  for (const name of ['node', 'fastify', '@fastify/jwt', 'fast-jwt']) t.ok(installed.some(found => found.name === name))
})

t.test('versions are compared by their numbers', async t => {
  t.equal(isAtLeast('10.0.0', '9.9.9'), true)
  t.equal(isAtLeast('5.12.8', '5.12.8'), true)
  t.equal(isAtLeast('5.9.10', '5.12.8'), false)
  t.equal(isAtLeast('6.0.0-beta.1', '6.0.0'), true)
})
