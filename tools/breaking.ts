import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT, runBuf } from './buf.ts'
import { layProtoDeps, PROTO_DEPS } from './proto-deps.ts'

const run = promisify(execFile)

/** Where the main branch may be: a clone of another branch only has the remote's. */
const BASELINES = ['main', 'origin/main']

/** The modules of the baseline: only what the comparison needs of buf.yaml. The rules come from the present buf.yaml. */
const BASELINE_BUF_YAML = `version: v2
modules:
  - path: proto
  - path: ${PROTO_DEPS}
`

/** Finds the first of {@link BASELINES} that has protos. */
async function findBaseline(): Promise<string | undefined> {
  for (const branch of BASELINES) {
    const found = await run('git', ['rev-parse', '--verify', '--quiet', `${branch}:proto`], { cwd: ROOT }).then(
      () => true,
      () => false
    )
    if (found) return branch
  }
  return undefined
}

/**
 * Compares the protos with those of a branch, by the rules of buf.yaml.
 *
 * buf could read the branch itself (`.git#branch=main`), but would not find the imports there, which are not committed.
 * So the branch's protos are laid beside a copy of today's imports.
 *
 * @returns the exit code of buf, which lists what breaks.
 */
async function compare(branch: string): Promise<number> {
  await layProtoDeps()
  const baseline = await mkdtemp(join(tmpdir(), 'sluice-breaking-'))
  try {
    const archive = join(baseline, 'proto.tar')
    await run('git', ['archive', '--output', archive, branch, 'proto'], { cwd: ROOT })
    await run('tar', ['-xf', archive, '-C', baseline])
    await cp(join(ROOT, PROTO_DEPS), join(baseline, PROTO_DEPS), { recursive: true })
    await writeFile(join(baseline, 'buf.yaml'), BASELINE_BUF_YAML)
    return await runBuf('breaking', 'proto', '--against', join(baseline, 'proto'))
  } finally {
    await rm(baseline, { recursive: true })
  }
}

const branch = await findBaseline()
if (branch === undefined) {
  console.log(`nothing to compare with: no protos on ${BASELINES.join(' or ')}`)
} else {
  process.exitCode = await compare(branch)
}
