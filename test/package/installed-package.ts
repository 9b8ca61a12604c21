import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from '../helper.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** Folders of the repository that are not packed, and that nothing which is packed is made of. */
const leftOut: ReadonlySet<string> = new Set(['node_modules', 'dist', 'test', 'bench', 'backends'])

/** A folder of another application, which has the package as npm would install it. */
export interface InstalledPackage {
  folder: string
  /** The paths in the package. */
  files: string[]
  /** What `import(specifier)` gives to a module in the folder. */
  // biome-ignore lint/suspicious/noExplicitAny: what it is, is for the test to see
  load(specifier: string): Promise<any>
}

/**
 * Packs the package, and installs it without a registry: its files are copied, and its dependencies are links to those of the
 * repository.
 *
 * @param without packages that shall not be there.
 */
export async function installPackage(t: Test, without: readonly string[] = []): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-application-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const source = join(folder, 'source')
  const files = await pack(source)
  for (const file of files) await cp(join(source, file), join(folder, 'node_modules/sluice', file))
  await linkDependencies(folder, without)
  const { resolve } = createRequire(join(folder, 'app.js'))
  return { folder, files, load: specifier => import(pathToFileURL(resolve(specifier)).href) }
}

/**
 * Runs a command as somebody else would: tap has all processes load its own hooks, by NODE_OPTIONS.
 *
 * @returns what it said
 */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute('env', ['-u', 'NODE_OPTIONS', command, ...args], { cwd })
  return stdout
}

/** Packs a copy of the repository: tests that pack at the same time do not compile into one folder. */
async function pack(source: string): Promise<string[]> {
  const names = await readdir(root)
  for (const name of names.filter(name => !name.startsWith('.') && !leftOut.has(name))) {
    await cp(join(root, name), join(source, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(source, 'node_modules'))
  const stdout = await run(source, 'npm', 'pack', '--dry-run', '--json', '--loglevel=error')
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  return packed.files.map(({ path }) => path)
}

async function linkDependencies(folder: string, without: readonly string[]): Promise<void> {
  const from = join(root, 'node_modules')
  const to = join(folder, 'node_modules')
  for (const name of await readdir(from)) {
    const packages = name.startsWith('@') ? (await readdir(join(from, name))).map(each => `${name}/${each}`) : [name]
    if (name.startsWith('@')) await mkdir(join(to, name))
    for (const each of packages.filter(each => !without.includes(each))) await symlink(join(from, each), join(to, each))
  }
}
