// The codecs beside protobuf-es, from bytes to bytes: what a gateway has to do for a body and for an answer.
import assert from 'node:assert/strict'
import {
  create,
  type DescMessage,
  equals,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString
} from '@bufbuild/protobuf'
import { compileToJson } from '../lib/codec/to-json/compile.ts'
import { compileToWire } from '../lib/codec/to-wire/compile.ts'
import { Violations } from '../lib/codec/violations.ts'
import { messages } from './codec-messages.ts'
import { compare } from './in-process.ts'
import type { Case, Suite } from './suite.ts'

export function runCodec(): Suite {
  const cases = messages().flatMap(({ name, desc, message }) => {
    const wire = toBinary(desc, message)
    const json = Buffer.from(toJsonString(desc, message))
    const sizes = `${wire.length} B wire, ${json.length} B JSON`
    return [
      { name: `${name}, wire to JSON (${sizes})`, contenders: wireToJson(desc, wire) },
      { name: `${name}, JSON to wire`, contenders: jsonToWire(desc, json, message) }
    ] satisfies Case[]
  })
  return {
    title: 'Codec',
    text: 'CPU microseconds per message, from bytes to bytes, beside protobuf-es with the same print options.',
    unit: 'µs',
    cases
  }
}

function wireToJson(desc: DescMessage, wire: Uint8Array) {
  const toJson = compileToJson(desc, { fieldNames: 'json', enums: 'name', implicitFields: false })
  const reference = () => Buffer.from(toJsonString(desc, fromBinary(desc, wire)))
  assert.deepEqual(JSON.parse(toJson(wire).toString()), JSON.parse(reference().toString()))
  return compare([
    { name: 'protobuf-es', run: reference },
    { name: 'Sluice', run: () => toJson(wire) }
  ])
}

function jsonToWire(desc: DescMessage, json: Buffer, message: Message) {
  const toWire = compileToWire(desc)
  const errors = new Violations()
  assert.ok(equals(desc, fromBinary(desc, toWire(json, errors)), create(desc, message)))
  assert.deepEqual(errors.list, [])
  return compare([
    { name: 'protobuf-es', run: () => toBinary(desc, fromJsonString(desc, json.toString())) },
    { name: 'Sluice', run: () => toWire(json, errors) }
  ])
}
