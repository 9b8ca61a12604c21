import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { file_buf_validate_validate as rules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import t from 'tap'
import { file_fixture_v1_library } from '../fixtures/gen/fixture/v1/library_pb.ts'
import { checkout, ROOT, runTool } from './checkout.ts'

t.test('the committed code is what the protos generate', async t => {
  t.same(await runTool(ROOT, 'generate.ts', '--check'), { code: 0, stdout: '', stderr: '' })
})

t.test('the validation rules are those of the module that the validator uses', async t => {
  t.ok(file_fixture_v1_library.dependencies.includes(rules))
})

t.test('generates code for a new proto, and removes it with the proto', async t => {
  const { write, read, remove, run } = await checkout(t)
  await write('proto/acme/v1/extra.proto', 'syntax = "proto3";\npackage acme.v1;\nmessage Extra {}\n')
  t.same(await run('generate.ts'), { code: 0, stdout: '', stderr: '' })
  t.match(await read('gen/acme/v1/extra_pb.ts'), 'export type Extra =')
  t.match(await read('test/fixtures/gen/fixture/v1/fixture_pb.ts'), 'export type Fixture =')

  await remove('proto/acme/v1/extra.proto')
  t.same(await run('generate.ts'), { code: 0, stdout: '', stderr: '' })
  await t.rejects(read('gen/acme/v1/extra_pb.ts'), { code: 'ENOENT' })
})

t.test('--check names what is missing, edited or left over, in one line, and changes nothing', async t => {
  const { root, write, read, run } = await checkout(t)
  for (const folder of ['google', 'grpc', 'sluice']) {
    await cp(join(ROOT, 'gen', folder), join(root, 'gen', folder), { recursive: true })
  }
  for (const folder of ['google', 'sluice']) {
    await cp(join(ROOT, 'test/fixtures/gen', folder), join(root, 'test/fixtures/gen', folder), { recursive: true })
  }
  await cp(join(ROOT, 'bench/gen/google'), join(root, 'bench/gen/google'), { recursive: true })
  await write('gen/google/api/http_pb.ts', '// edited\n')
  await write('gen/left_over_pb.ts', '')

  t.same(await run('generate.ts', '--check'), {
    code: 1,
    stdout: '',
    stderr:
      'generated code is out of date, run `npm run generate` and commit: gen/acme/v1/acme_pb.ts, gen/comments.json, ' +
      'gen/google/api/http_pb.ts, gen/left_over_pb.ts, test/fixtures/gen/comments.json, ' +
      'test/fixtures/gen/fixture/v1/fixture_pb.ts, bench/gen/bench/v1/bench_pb.ts\n'
  })
  t.equal(await read('gen/google/api/http_pb.ts'), '// edited\n')
})

t.test('a proto that does not compile is named with its line, and the code stays', async t => {
  const { write, read, run } = await checkout(t)
  await write('gen/acme/v1/acme_pb.ts', '// of the last proto that compiled\n')
  await write('proto/acme/v1/acme.proto', 'syntax = "proto3";\npackage acme.v1;\nmessage Thing {\n  strin id = 1;\n}\n')

  const { code, stderr } = await run('generate.ts')
  t.equal(code, 1)
  t.match(stderr, /proto\/acme\/v1\/acme\.proto:4:3:.*strin/)
  t.match(stderr, /buf generate failed for buf\.gen\.yaml\n$/)
  t.equal(await read('gen/acme/v1/acme_pb.ts'), '// of the last proto that compiled\n')
})
