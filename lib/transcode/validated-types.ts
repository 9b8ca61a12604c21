import { type DescField, type DescMessage, hasOption } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import {
  field as fieldRules,
  message as messageRules,
  oneof as oneofRules
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'

/**
 * The messages in a message, itself among them, that have something to check: rules of buf.validate, or required fields of
 * proto2. Empty when a message of this type is always valid.
 */
export function validatedTypes(desc: DescMessage): DescMessage[] {
  return [...messagesIn(desc)].filter(hasRules)
}

/** Messages, and all that their fields can hold, however deep. */
export function messagesIn(...roots: readonly DescMessage[]): Set<DescMessage> {
  const found = new Set(roots)
  // What is added to a set while it is gone through is gone through, too.
  for (const message of found) {
    for (const field of message.fields) if (field.message !== undefined) found.add(field.message)
  }
  return found
}

function hasRules(desc: DescMessage): boolean {
  if (hasOption(desc, messageRules)) return true
  return desc.oneofs.some(oneof => hasOption(oneof, oneofRules)) || desc.fields.some(isChecked)
}

function isChecked(field: DescField): boolean {
  return hasOption(field, fieldRules) || field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED
}
