import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The text files of a folder: path relative to the folder -> content. */
export type FileTree = Map<string, string>

/** Reads every file below `folder`; a folder that does not exist is an empty tree. */
export async function readTree(folder: string): Promise<FileTree> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ignoreMissing)
  const tree: FileTree = new Map()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    tree.set(path.slice(folder.length + 1), await readFile(path, 'utf8'))
  }
  return tree
}

/** The sorted paths that only one of two trees has, or whose content differs. */
export function differingPaths(a: FileTree, b: FileTree): string[] {
  const paths = new Set([...a.keys(), ...b.keys()])
  return [...paths].filter(path => a.get(path) !== b.get(path)).sort()
}

/**
 * Makes `folder` hold exactly the wanted files. Files that are already right are not touched, so that watchers and
 * whoever reads them at the same time do not notice.
 *
 * @returns the paths that were written or removed.
 */
export async function syncTree(folder: string, wanted: FileTree): Promise<string[]> {
  const changed = differingPaths(await readTree(folder), wanted)
  for (const path of changed) {
    const content = wanted.get(path)
    if (content === undefined) await rm(join(folder, path), { force: true })
    else await write(join(folder, path), content)
  }
  return changed
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

function ignoreMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
