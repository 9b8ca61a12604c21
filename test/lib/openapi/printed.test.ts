// What the gateway prints is as the schemas say: held together with random messages of every kind of field.
import { toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { compileToJson, type ToJsonOptions } from '../../../lib/codec/to-json/compile.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { routePolicy } from '../../../lib/policies/route-policy.ts'
import { EverythingSchema, LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'
import { contractOf, describeRoutes } from '../../openapi.ts'
import { randomMessage, randomOf } from '../codec/random-message.ts'

const method = LibraryService.method.echoEverything
const [rule] = httpRules(method)
const runs = { numRuns: 60, seed: 31 }

const styles: Partial<ToJsonOptions>[] = [
  {},
  { fieldNames: 'json' },
  { implicitFields: false },
  { enums: 'name' },
  { enums: 'number' },
  { int64: 'number' },
  { fieldNames: 'json', implicitFields: false, enums: 'number', int64: 'number' }
]

for (const print of styles) {
  t.test(`every message that is printed is as its schema: ${JSON.stringify(print)}`, async t => {
    const hold = contractOf(describeRoutes([{ rule: rule!, policy: routePolicy(method), print }]))
    const toJson = compileToJson(EverythingSchema, print)
    const exchange = {
      method: 'POST',
      path: '/v1/everything',
      sent: undefined,
      status: 200,
      contentType: 'application/json'
    }
    const isAsDescribed = fc.property(fc.integer({ min: 0, max: 2 ** 31 }), seed => {
      const message = randomMessage(EverythingSchema, randomOf(seed)) as never
      hold({ ...exchange, text: toJson(toBinary(EverythingSchema, message)).toString() })
    })
    t.doesNotThrow(() => fc.assert(isAsDescribed, runs))
  })
}
