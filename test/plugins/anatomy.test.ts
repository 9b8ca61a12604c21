import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'

const root = new URL('../../', import.meta.url)

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(new URL(folder, root), { recursive: true })
  return entries.filter(name => name.endsWith('.ts')).map(name => `${folder}/${name}`)
}

t.test('every plugin has a name, its dependencies and the version of Fastify that it is for', async t => {
  // A folder beside a plugin holds its parts.
  const files = (await filesOf('plugins')).filter(file => file.lastIndexOf('/') === 'plugins'.length)
  t.ok(files.length > 0)
  const names: string[] = []
  for (const file of files) {
    const { default: plugin, ...named } = await import(new URL(file, root).href)
    const { name, dependencies, fastify } = plugin[Symbol.for('plugin-meta')]
    const fileName = file.slice('plugins/'.length, -'.ts'.length)
    t.equal(name, `sluice-${fileName}`)
    t.equal(named[fileName.replace(/-(.)/g, (_, letter) => letter.toUpperCase())], plugin, `${file} exports it by name`)
    t.ok(Array.isArray(dependencies), `${file} names its dependencies`)
    t.equal(fastify, '5.x')
    names.push(name)
  }
  t.equal(new Set(names).size, names.length)
})

t.test('route plugins keep to themselves what they add', async t => {
  for (const file of await filesOf('routes')) {
    const plugin = (await import(new URL(file, root).href)).default
    t.equal(plugin[Symbol.for('skip-override')], undefined, file)
  }
})

t.test('lib knows nothing of Fastify', async t => {
  for (const file of await filesOf('lib')) {
    const source = await readFile(new URL(file, root), 'utf8')
    t.notMatch(source, /from '(@fastify\/|fastify)/, file)
  }
})

t.test('nothing throws a bare Error', async t => {
  for (const folder of ['lib', 'plugins', 'routes']) {
    for (const file of await filesOf(folder)) {
      t.notMatch(await readFile(new URL(file, root), 'utf8'), /throw new Error\(/, file)
    }
  }
})

t.test('only config.ts reads the environment', async t => {
  for (const folder of ['lib', 'plugins', 'routes']) {
    for (const file of await filesOf(folder)) {
      // The SDK of OpenTelemetry takes its settings from there, and is given its defaults there.
      if (file === 'lib/telemetry/start.ts') continue
      t.notMatch(await readFile(new URL(file, root), 'utf8'), 'process.env', file)
    }
  }
})

t.test('who may call is asked by the hooks of routes, never by paths or by middleware', async t => {
  for (const file of ['plugins/auth.ts', ...(await filesOf('plugins/limiting')), 'plugins/limiting.ts']) {
    const source = await readFile(new URL(file, root), 'utf8')
    t.notMatch(source, /\b(?:request|raw)\.(?:url|originalUrl)\b|rawPath/, file)
  }
  const lock = JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8'))
  t.same(
    Object.keys(lock.packages).filter(name => /node_modules\/(?:@fastify\/(?:middie|express)|middie)$/.test(name)),
    []
  )
})
