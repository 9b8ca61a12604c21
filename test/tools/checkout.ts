import { execFile, execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'

/** The repository that the tests belong to. */
export const ROOT = join(import.meta.dirname, '../..')

/** What a tool printed and how it ended. */
export type ToolResult = { code: number; stdout: string; stderr: string }

/** Runs a tool of the folder tools/ below `root`, as the npm scripts do. */
export function runTool(root: string, name: string, ...args: string[]): Promise<ToolResult> {
  return new Promise(resolve => {
    execFile(process.execPath, [join(root, 'tools', name), ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

/**
 * A small repository for one test: the real tools and configuration, and two small protos of its own, so that generating
 * is quick.
 */
export async function checkout(t: Test) {
  const root = await mkdtemp(join(tmpdir(), 'sluice-checkout-'))
  t.teardown(() => rm(root, { recursive: true }))

  for (const path of [
    'tools',
    'lib/openapi/comments.ts',
    'buf.yaml',
    'buf.gen.yaml',
    'package.json',
    'test/fixtures/buf.gen.yaml',
    'bench/buf.gen.yaml',
    'proto/sluice'
  ]) {
    await cp(join(ROOT, path), join(root, path), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))

  const write = async (path: string, content: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  await write('proto/acme/v1/acme.proto', ACME)
  await write(
    'test/fixtures/proto/fixture/v1/fixture.proto',
    'syntax = "proto3";\npackage fixture.v1;\nmessage Fixture {}\n'
  )
  await write('bench/proto/bench/v1/bench.proto', 'syntax = "proto3";\npackage bench.v1;\nmessage Contender {}\n')

  return {
    root,
    write,
    read: (path: string) => readFile(join(root, path), 'utf8'),
    remove: (path: string) => rm(join(root, path)),
    git: (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { cwd: root }),
    run: (name: string, ...args: string[]) => runTool(root, name, ...args)
  }
}

/** The proto of a {@link checkout}, at proto/acme/v1/acme.proto. */
export const ACME = `syntax = "proto3";

package acme.v1;

import "buf/validate/validate.proto";
import "google/api/annotations.proto";

service AcmeService {
  rpc GetThing(GetThingRequest) returns (Thing) {
    option (google.api.http) = {get: "/v1/things/{id}"};
  }
}

message GetThingRequest {
  string id = 1 [(buf.validate.field).string.min_len = 1];
}

message Thing {
  string id = 1;
}
`
