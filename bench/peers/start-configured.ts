import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../../tools/buf.ts'

const folders = join(ROOT, '.cache/bench/configured')

/** Makes a folder for the configuration of a program, in which the program may also write. */
export async function makeFolder(files: Record<string, string | Uint8Array>): Promise<string> {
  await mkdir(folders, { recursive: true })
  const folder = await mkdtemp(`${folders}/`)
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

/** Starts a program whose configuration is in a folder, which is removed as soon as the program ends. */
export function startConfigured(command: string, args: string[], folder: string, env = process.env): ChildProcess {
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
  return child.once('exit', () => rmSync(folder, { recursive: true, force: true }))
}
