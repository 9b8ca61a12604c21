import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './buf.ts'

const run = promisify(execFile)

/** A program that was built, or why it could not be. */
export type GoProgram = { path: string; missing?: never } | { path?: never; missing: string }

/**
 * Builds a Go program, into .cache. Go itself knows when there is nothing to do, and puts a new program in the place of the
 * old one at once, so that it may be built and run by several processes at a time.
 *
 * @param folder with its go.mod, from the root.
 * @param name of the program.
 * @param program its folder in that one, when the module has several.
 * @returns what is missing on a machine without Go, and without a network from which to get its modules.
 * @throws what Go says of a program that is wrong.
 */
export async function buildGo(folder: string, name: string, program = '.'): Promise<GoProgram> {
  const source = join(ROOT, folder)
  const path = join(ROOT, '.cache/go', name)
  try {
    await run('go', ['mod', 'download'], { cwd: source })
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr: string }
    return { missing: code === 'ENOENT' ? 'Go is not installed' : `the modules of Go cannot be had: ${stderr.trim()}` }
  }
  await run('go', ['build', '-buildvcs=false', '-trimpath', '-o', path, program], { cwd: source })
  return { path }
}
