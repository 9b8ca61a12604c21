import { fromJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf'
import type { FieldRulesSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import t from 'tap'
import { fieldSchema } from '../../../../lib/openapi/field-schema.ts'
import type { Schema } from '../../../../lib/openapi/types.ts'
import { compileValidation } from '../../../../lib/transcode/validation.ts'
import { compileSchema } from '../../../openapi.ts'
import { requestDialect } from '../dialect.ts'
import { type RuledKind, type RuledType, ruledMessage } from './ruled-message.ts'

type Rules = MessageInitShape<typeof FieldRulesSchema>

/** Rules for a field, and what follows from them. */
export interface Row {
  type: RuledType
  kind?: RuledKind
  rules: Rules
  /** What the schema says; its description, when it is a text. */
  says: Schema | string
  /** Values that the validator and the schema take. */
  takes: JsonValue[]
  /** Values that both refuse. Empty where only a description can say it. */
  refuses: JsonValue[]
}

/** The rules of one kind: `rulesOf('string', { minLen: 1n })`. */
export function rulesOf(kind: string, value: object): Rules {
  return { type: { case: kind, value } } as Rules
}

export const upper = (kind: string, value: unknown) => ({ lessThan: { case: kind, value } })
export const lower = (kind: string, value: unknown) => ({ greaterThan: { case: kind, value } })

/**
 * Tests rules of buf.validate against the validator itself: what one takes, the schema takes, and what it refuses, the schema
 * refuses.
 */
export function holdToValidator(rows: Record<string, Row>): void {
  for (const [name, { type, kind, rules, says, takes, refuses }] of Object.entries(rows)) {
    t.test(name, async t => {
      const desc = ruledMessage(type, rules, kind)
      const schema = JSON.parse(JSON.stringify(fieldSchema(desc.fields[0]!, requestDialect())))
      if (typeof says === 'string') t.equal(schema.description, says)
      else t.match(schema, says)

      const validate = compileValidation(desc) ?? (() => [])
      const isValid = compileSchema(schema)
      const isTaken = (value: JsonValue) => validate(fromJson(desc, { value }), 0).length === 0
      // The schema has the short names of enums.
      const json = (value: JsonValue) => (type === 'Color' ? String(value).slice('COLOR_'.length).toLowerCase() : value)
      for (const value of takes) {
        t.ok(isTaken(value), `the validator takes ${JSON.stringify(value)}`)
        t.ok(isValid(json(value)), `the schema takes ${JSON.stringify(value)}`)
      }
      for (const value of refuses) {
        t.notOk(isTaken(value), `the validator refuses ${JSON.stringify(value)}`)
        t.notOk(isValid(json(value)), `the schema refuses ${JSON.stringify(value)}`)
      }
    })
  }
}
