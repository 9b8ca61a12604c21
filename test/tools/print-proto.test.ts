import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { create, fromBinary, toJson } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Type as Type
} from '@bufbuild/protobuf/wkt'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import t from 'tap'
import { printProto } from '../../tools/print-proto.ts'
import { ROOT } from './checkout.ts'

t.test('what is printed of buf/validate compiles to the same descriptor, but for the options', async t => {
  const folder = t.testdir()
  const path = join(folder, 'buf/validate/validate.proto')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, printProto(file_buf_validate_validate.proto))

  const buf = join(ROOT, 'node_modules/.bin/buf')
  const image = execFileSync(buf, ['build', folder, '--as-file-descriptor-set', '--exclude-source-info', '-o', '-'])
  const file = fromBinary(FileDescriptorSetSchema, image).file.find(
    ({ name }) => name === 'buf/validate/validate.proto'
  )
  const compiled = toJson(FileDescriptorProtoSchema, file!)
  const original = toJson(FileDescriptorProtoSchema, file_buf_validate_validate.proto)
  t.same(withoutOptions(compiled), withoutOptions(original))
})

t.test('what it would print wrong is refused', async t => {
  t.throws(() => printProto(create(FileDescriptorProtoSchema, { name: 'a.proto', syntax: 'proto3' })), {
    message: 'print-proto: a.proto: the syntax proto3 cannot be printed'
  })
  t.throws(() => printProto(create(FileDescriptorProtoSchema, { name: 'a.proto', service: [{ name: 'S' }] })), {
    message: 'print-proto: a.proto: services cannot be printed'
  })
  const map = { name: 'M', options: { mapEntry: true } }
  t.throws(() => printProto(create(FileDescriptorProtoSchema, { messageType: [map] })), {
    message: 'print-proto: M: maps cannot be printed'
  })
  const group = { name: 'M', field: [{ name: 'g', number: 1, type: Type.GROUP }] }
  t.throws(() => printProto(create(FileDescriptorProtoSchema, { messageType: [group] })), {
    message: 'print-proto: g: groups cannot be printed'
  })
})

/** Removes all that is named `options` from a JSON value. */
function withoutOptions(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, child) => (key === 'options' ? undefined : child)))
}
