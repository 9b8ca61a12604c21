// Compiles what the package holds into dist/: below node_modules, Node strips no types.
import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './buf.ts'

const target = join(ROOT, 'dist')

rmSync(target, { recursive: true, force: true })
execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
// What modules read while they run, from where they are. JSON that they import is there already.
for (const file of globSync('{lib,plugins}/**/*.*', { cwd: ROOT })) {
  if (!file.endsWith('.ts')) copyFileSync(join(ROOT, file), join(target, file))
}
