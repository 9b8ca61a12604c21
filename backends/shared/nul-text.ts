import type { DescField, DescMessage, Message } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'

/**
 * The fields of a message whose text holds U+0000, as proto field paths. PostgreSQL cannot store that character in a text,
 * and would refuse it so late that it looks like a fault of the service.
 */
export function fieldsWithNul(schema: DescMessage, message: Message): string[] {
  return [...find(reflect(schema, message), '')]
}

function* find(message: ReflectMessage, prefix: string): Generator<string> {
  for (const field of message.fields) {
    if (message.isSet(field)) yield* findInField(message, field, `${prefix}${field.name}`)
  }
}

function* findInField(message: ReflectMessage, field: DescField, path: string): Generator<string> {
  if (field.fieldKind === 'list') {
    let index = 0
    for (const item of message.get(field)) yield* findInValue(item, `${path}[${index++}]`)
  } else if (field.fieldKind === 'map') {
    for (const [key, item] of message.get(field)) {
      yield* findInValue(key, path)
      yield* findInValue(item, `${path}[${JSON.stringify(key)}]`)
    }
  } else {
    yield* findInValue(message.get(field), path)
  }
}

function* findInValue(value: unknown, path: string): Generator<string> {
  if (typeof value === 'string') {
    if (value.includes('\0')) yield path
  } else if (isReflectMessage(value)) {
    yield* find(value, `${path}.`)
  }
}

function isReflectMessage(value: unknown): value is ReflectMessage {
  return typeof value === 'object' && value !== null && 'desc' in value && 'fields' in value
}
