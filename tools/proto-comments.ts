import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createFileRegistry,
  type DescEnum,
  type DescExtension,
  type DescMessage,
  type DescService,
  fromBinary
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { type Commented, type CommentTable, sourceComment } from '../lib/openapi/comments.ts'
import { ROOT, runBuf } from './buf.ts'
import { readTree } from './file-tree.ts'

/**
 * Reads the comments of all protos in a folder, which the generated code has no place for. Sorted by what they are about.
 *
 * @param folder a module of buf.yaml, relative to the root.
 * @param temporary where buf may leave a file.
 */
export async function readProtoComments(folder: string, temporary: string): Promise<CommentTable> {
  const image = join(temporary, 'image.binpb')
  const code = await runBuf('build', '--as-file-descriptor-set', '--output', image)
  if (code !== 0) throw new Error('buf build failed')
  const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(image)))
  const comments: [about: string, comment: string][] = []
  for (const path of (await readTree(join(ROOT, folder))).keys()) {
    const file = files.getFile(path)
    if (file === undefined) continue
    for (const desc of [...nestedTypes(file)].flatMap(withMembers)) {
      const comment = sourceComment(desc)
      if (comment !== '') comments.push([String(desc), comment])
    }
  }
  return Object.fromEntries(comments.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function withMembers(type: DescMessage | DescEnum | DescExtension | DescService): Commented[] {
  switch (type.kind) {
    case 'service':
      return [type, ...type.methods]
    case 'message':
      return [type, ...type.fields, ...type.oneofs]
    case 'enum':
      return [type, ...type.values]
    case 'extension':
      return []
  }
}
