import { once } from 'node:events'
import { create, type DescMessage, fromBinary, type Registry, toBinary } from '@bufbuild/protobuf'
import { compileToJson } from '../../../../lib/codec/to-json/compile.ts'
import { compileToWire } from '../../../../lib/codec/to-wire/compile.ts'
import { Violations } from '../../../../lib/codec/violations.ts'
import { readTypes } from './types.ts'

/**
 * The program that protobuf's conformance runner asks (conformance.proto): a request per test on standard input, an answer
 * on standard output, each behind its length as 32 bits, little endian. The types come from the file of descriptors that
 * is the argument.
 *
 * What is asked for without JSON on either side is not what the codecs are for, and is skipped.
 */

type Answer = { case: string; value: string | Uint8Array }

interface Request {
  payload: { case?: 'protobufPayload' | 'jsonPayload' | string; value?: unknown }
  requestedOutputFormat: number
  messageType: string
  testCategory: number
}

const PROTOBUF = 1
const JSON_FORMAT = 2
const JSON_IGNORE_UNKNOWN_PARSING_TEST = 3

const types = await readTypes(process.argv[2] as string)
const requestType = types.getMessage('conformance.ConformanceRequest')!
const responseType = types.getMessage('conformance.ConformanceResponse')!

function answer(request: Request): Answer {
  const desc = types.getMessage(request.messageType)
  if (desc === undefined) return { case: 'skipped', value: `no type ${request.messageType}` }
  const { payload, requestedOutputFormat: format } = request
  const fromJson = payload.case === 'jsonPayload'
  if (!fromJson && payload.case !== 'protobufPayload') return { case: 'skipped', value: 'neither protobuf nor JSON' }
  if (!(format === JSON_FORMAT || (fromJson && format === PROTOBUF))) return { case: 'skipped', value: 'no JSON' }

  let wire = payload.value as Uint8Array
  if (fromJson) {
    const errors = new Violations()
    const unknownFields = request.testCategory === JSON_IGNORE_UNKNOWN_PARSING_TEST ? 'ignore' : 'reject'
    try {
      const toWire = compileToWire(desc, { registry: types as Registry, numbers: 'protojson', unknownFields })
      wire = toWire(Buffer.from(payload.value as string), errors)
    } catch (error) {
      return { case: 'parseError', value: String(error) }
    }
    if (errors.list.length > 0) return { case: 'parseError', value: JSON.stringify(errors.list) }
    if (format === PROTOBUF) return { case: 'protobufPayload', value: wire }
  }
  try {
    const toJson = compileToJson(desc, {
      registry: types as Registry,
      fieldNames: 'json',
      enums: 'name',
      implicitFields: false
    })
    return { case: 'jsonPayload', value: toJson(wire).toString() }
  } catch (error) {
    return { case: isValid(desc, wire) ? 'serializeError' : 'parseError', value: String(error) }
  }
}

/** The codec reads and prints in one pass; the suite wants to know which of the two was not possible. */
function isValid(desc: DescMessage, wire: Uint8Array): boolean {
  try {
    fromBinary(desc, wire)
    return true
  } catch {
    return false
  }
}

function respond(bytes: Uint8Array): Buffer {
  const request = fromBinary(requestType, bytes) as unknown as Request
  const result = answer(request)
  const response = toBinary(responseType, create(responseType, { result: result as never }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(response.length)
  return Buffer.concat([length, response])
}

let input = Buffer.alloc(0)
process.stdin.on('data', chunk => {
  input = Buffer.concat([input, chunk as Buffer])
  while (input.length >= 4) {
    const end = 4 + input.readUInt32LE(0)
    if (input.length < end) return
    process.stdout.write(respond(input.subarray(4, end)))
    input = input.subarray(end)
  }
})
await once(process.stdin, 'end')
