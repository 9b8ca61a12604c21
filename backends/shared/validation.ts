import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { pathToString } from '@bufbuild/protobuf/reflect'
import { createValidator } from '@bufbuild/protovalidate'
import { Code, type Interceptor } from '@connectrpc/connect'
import { fieldsWithNul } from './nul-text.ts'
import { failure } from './service-error.ts'

/**
 * Checks every request message against the `buf.validate` rules of its proto, and that its texts can be stored, before the
 * handler sees it.
 *
 * @throws INVALID_ARGUMENT VALIDATION_FAILED with a violation per field, as proto field paths: `items[0].quantity`
 */
export function createValidationInterceptor(): Interceptor {
  const validator = createValidator()

  function check<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): void {
    const result = validator.validate(schema, message)
    // A rule that cannot be compiled or evaluated is a fault of the proto, not of the caller.
    if (result.kind === 'error') throw result.error
    const violations = (result.violations ?? []).map(violation => ({
      field: pathToString(violation.field),
      description: violation.message
    }))
    for (const field of fieldsWithNul(schema, message))
      violations.push({ field, description: 'must not contain U+0000' })
    if (violations.length === 0) return
    const [first] = violations
    throw failure(Code.InvalidArgument, 'VALIDATION_FAILED', `${first?.field}: ${first?.description}`, { violations })
  }

  async function* checkEach<Desc extends DescMessage>(schema: Desc, messages: AsyncIterable<MessageShape<Desc>>) {
    for await (const message of messages) {
      check(schema, message)
      yield message
    }
  }

  return next => async request => {
    if (request.stream) return next({ ...request, message: checkEach(request.method.input, request.message) })
    check(request.method.input, request.message)
    return next(request)
  }
}
