import { toJson } from '@bufbuild/protobuf'
import t from 'tap'
import { cases, wideCases } from '../../bench/cases.ts'
import { filledMessage } from '../../bench/filled-message.ts'
import { OrderSchema } from '../../bench/gen/bench/v1/shop_pb.ts'
import { Wide10Schema } from '../../bench/gen/bench/v1/wide_pb.ts'

t.test('sets all fields, to values that JSON shows without being told to show defaults', async t => {
  t.strictSame(toJson(Wide10Schema, filledMessage(Wide10Schema), { useProtoFieldName: true }), {
    text_1: 'value-000001',
    total_2: '1790000000002',
    ratio_3: 30.99,
    flag_4: true,
    grade_5: 'GRADE_PREMIUM',
    count_6: 42_006,
    text_7: 'value-000007',
    total_8: '1790000000008',
    ratio_9: 90.99,
    flag_10: true
  })
})

t.test('refuses a message with fields that it has no value for', async t => {
  t.throws(() => filledMessage(OrderSchema), { message: /Order\.items.*no value/ })
})

for (const [fields, name] of Object.entries(wideCases)) {
  t.test(`the case ${name} is answered with ${fields} fields`, async t => {
    t.equal(Object.keys(cases[name].expected[0] as object).length, Number(fields))
  })
}
