import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname, join } from 'node:path'

/** The repository's root, where buf.yaml is. */
export const ROOT = dirname(import.meta.dirname)

const BIN = join(ROOT, 'node_modules/.bin')

/**
 * Runs the repository's own buf with its output on ours. The plugins that it starts, and the Node that runs them, come
 * from node_modules too.
 *
 * @returns the exit code: 0, or what buf exits with when it has something to say.
 */
export async function runBuf(...args: string[]): Promise<number> {
  const child = spawn(join(BIN, 'buf'), args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` },
    stdio: ['ignore', 'inherit', 'inherit']
  })
  const [code] = await once(child, 'exit')
  return code ?? 1
}
