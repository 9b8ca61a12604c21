// What another application gets that installs the package: here it is packed, installed and used.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { needsOf, pluginNames, sound } from './package/alone.ts'
import { installPackage, run } from './package/installed-package.ts'

const bin = join(import.meta.dirname, '../node_modules/.bin')
const sluice = await installPackage(t)
await cp(join(import.meta.dirname, 'fixtures/application'), sluice.folder, { recursive: true })

t.test('the package holds JavaScript and its types, and nothing that only the repository needs', async t => {
  const folders = new Set(sluice.files.map(file => file.split('/')[0]))
  t.same([...folders].sort(), ['LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json', 'proto'])
  t.same(
    sluice.files.filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts')),
    []
  )
  for (const folder of ['backends', 'bench', 'test', 'tools']) {
    t.same(
      sluice.files.filter(file => file.startsWith(`dist/${folder}/`)),
      []
    )
  }
})

t.test('an application imports a concern by its name, and gets what it is for', async t => {
  const stdout = await run(sluice.folder, process.execPath, 'app.ts')
  t.match(stdout.split('\n'), [
    /^200 "address";r=1;t=\d+ \{"limits":1,"route":"\/"\}$/,
    /^200 "address";r=0;t=\d+ /,
    /^429 .*"RATE_LIMITED"/
  ])
})

t.test('a TypeScript application knows the options, the decorators and the names of upstreams', async t => {
  const problems = await run(sluice.folder, join(bin, 'tsc'), '--project', '.').catch(({ stdout }) => stdout)
  t.equal(problems, '')
})

t.test('the command runs', async t => {
  const stdout = await run(sluice.folder, process.execPath, 'node_modules/sluice/bin/sluice.js', '--help')
  t.match(stdout, /^Usage: sluice /)
})

t.test('every plugin is exported by name and as the default', async t => {
  const files = sluice.files.flatMap(file => /^dist\/plugins\/([^/]+)\.js$/.exec(file)?.[1] ?? [])
  t.same(files.sort(), [...pluginNames].sort())
  for (const name of pluginNames) {
    const { default: plugin, ...named } = await sluice.load(`sluice/plugins/${name}`)
    t.equal(named[name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())], plugin, name)
  }
})

for (const name of pluginNames) {
  t.test(`${name} names what it misses`, async t => {
    const [need] = await needsOf(sluice, name)
    if (need === undefined) return t.pass('nothing')
    const app = Fastify()
    t.teardown(() => app.close())
    const { default: plugin } = await sluice.load(`sluice/plugins/${name}`)
    await t.rejects(async () => app.register(plugin, sound[name] ?? {}), {
      code: 'FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED',
      message: `The dependency 'sluice-${need}' of plugin 'sluice-${name}' is not registered`
    })
  })
}
