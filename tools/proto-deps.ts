import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { ROOT } from './buf.ts'
import type { FileTree } from './file-tree.ts'
import { syncTree } from './file-tree.ts'
import { printProto } from './print-proto.ts'

/** The git-ignored folder, relative to the root, that holds the protos that ours import. */
export const PROTO_DEPS = '.cache/proto'

/** The protos that ours import, by import path: where npm brought them. */
const SOURCES: Record<string, string> = {
  'google/api/annotations.proto': '@grpc/grpc-js-xds/deps/googleapis/google/api/annotations.proto',
  'google/api/http.proto': '@grpc/grpc-js-xds/deps/googleapis/google/api/http.proto',
  'google/api/httpbody.proto': '@grpc/grpc-js-xds/deps/googleapis/google/api/httpbody.proto',
  'google/rpc/code.proto': '@grpc/grpc-js-xds/deps/googleapis/google/rpc/code.proto',
  'google/rpc/error_details.proto': '@grpc/grpc-js-xds/deps/googleapis/google/rpc/error_details.proto',
  'google/rpc/status.proto': '@grpc/grpc-js-xds/deps/googleapis/google/rpc/status.proto',
  'grpc/health/v1/health.proto': 'grpc-health-check/proto/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto': '@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto'
}

/**
 * Lays the protos that ours import into {@link PROTO_DEPS}, a module of buf.yaml. They come from npm packages, so that
 * `npm ci` is all that buf needs: no schema registry has to be reachable.
 *
 * buf/validate/validate.proto has no source on npm. It is printed from the descriptor of the very package that
 * validates at run time, so the two cannot drift apart.
 */
export async function layProtoDeps(): Promise<void> {
  const tree: FileTree = new Map()
  for (const [path, source] of Object.entries(SOURCES)) {
    tree.set(path, await readFile(join(ROOT, 'node_modules', source), 'utf8'))
  }
  tree.set('buf/validate/validate.proto', printProto(file_buf_validate_validate.proto))
  await syncTree(join(ROOT, PROTO_DEPS), tree)
}

if (import.meta.main) await layProtoDeps()
