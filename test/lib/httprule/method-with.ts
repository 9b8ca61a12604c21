import { create, type DescMessage, type DescMethod, type MessageInitShape, setExtension } from '@bufbuild/protobuf'
import { MethodDescriptorProtoSchema, MethodOptionsSchema } from '@bufbuild/protobuf/wkt'
import { http } from '../../../gen/google/api/annotations_pb.ts'
import { HttpRuleSchema } from '../../../gen/google/api/http_pb.ts'
import { BookSchema, LibraryService, UpdateBookRequestSchema } from '../../fixtures/gen/fixture/v1/library_pb.ts'

/** A method like the fixture's UpdateBook, with another HTTP rule. */
export function methodWith(
  rule: MessageInitShape<typeof HttpRuleSchema>,
  input: DescMessage = UpdateBookRequestSchema,
  output: DescMessage = BookSchema
): DescMethod {
  const options = create(MethodOptionsSchema)
  setExtension(options, http, create(HttpRuleSchema, rule))
  const proto = create(MethodDescriptorProtoSchema, { name: 'UpdateBook', options })
  return { ...LibraryService.method.updateBook, proto, input, output }
}
