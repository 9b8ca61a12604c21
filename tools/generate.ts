import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT, runBuf } from './buf.ts'
import { differingPaths, readTree, syncTree } from './file-tree.ts'
import { readProtoComments } from './proto-comments.ts'
import { layProtoDeps } from './proto-deps.ts'

/** What is generated: the folder of the result, the template that says from what and how, and whose comments are kept, if any. */
const OUTPUTS = [
  { folder: 'gen', template: 'buf.gen.yaml', protos: 'proto' },
  { folder: 'test/fixtures/gen', template: 'test/fixtures/buf.gen.yaml', protos: 'test/fixtures/proto' },
  { folder: 'bench/gen', template: 'bench/buf.gen.yaml', protos: null }
]

/** The comments of the protos: what documents of the gateway say about its messages. */
const COMMENTS = 'comments.json'

/**
 * Generates the TypeScript of all protos, and the table of their comments, into a temporary folder and compares it with
 * what the repository holds. With `check` the differing files are only listed, otherwise the repository's files are
 * brought up to date; those that no proto generates any more are removed.
 *
 * @returns the differing files, relative to the root.
 * @throws Error when buf refuses the protos; it has said why.
 */
async function generate(check: boolean): Promise<string[]> {
  await layProtoDeps()
  const temporary = await mkdtemp(join(tmpdir(), 'sluice-generate-'))
  try {
    const differing: string[] = []
    for (const { folder, template, protos } of OUTPUTS) {
      const code = await runBuf('generate', '--template', template, '--output', temporary)
      if (code !== 0) throw new Error(`buf generate failed for ${template}`)
      const wanted = await readTree(join(temporary, folder))
      if (protos !== null) {
        wanted.set(COMMENTS, `${JSON.stringify(await readProtoComments(protos, temporary), null, 2)}\n`)
      }
      const target = join(ROOT, folder)
      const paths = check ? differingPaths(await readTree(target), wanted) : await syncTree(target, wanted)
      differing.push(...paths.map(path => `${folder}/${path}`))
    }
    return differing
  } finally {
    await rm(temporary, { recursive: true })
  }
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
try {
  const differing = await generate(values.check)
  if (values.check && differing.length > 0) {
    console.error(`generated code is out of date, run \`npm run generate\` and commit: ${differing.join(', ')}`)
    process.exitCode = 1
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
