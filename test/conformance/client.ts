// The client under test of connectrpc/conformance: the runner starts it, writes requests to its standard input, each of which
// describes a call, and reads from its standard output what came of them, in any order. See `make conformance`.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { delimited, readDelimited } from './delimited.ts'
import { invoke } from './invoke.ts'
import {
  ClientCompatRequestSchema,
  type ClientCompatResponse,
  ClientCompatResponseSchema,
  ClientErrorResultSchema
} from './protos.ts'
import { Transports } from './transports.ts'

/** Calls at once. More of them would make those wait that are about time: deadlines of 200 ms, cancellations after 5 ms. */
const maxOpenCalls = 32

const transports = new Transports()

async function answer(bytes: Uint8Array): Promise<ClientCompatResponse> {
  const request = fromBinary(ClientCompatRequestSchema, bytes)
  const response = create(ClientCompatResponseSchema, { testName: request.testName })
  try {
    response.result = { case: 'response', value: await invoke(transports.for(request), request) }
  } catch (error) {
    const message = error instanceof Error ? `${error.stack}` : String(error)
    response.result = { case: 'error', value: create(ClientErrorResultSchema, { message }) }
  }
  return response
}

const open = new Set<Promise<void>>()
for await (const bytes of readDelimited(process.stdin)) {
  const call = answer(bytes).then(response => {
    process.stdout.write(delimited(toBinary(ClientCompatResponseSchema, response)))
    open.delete(call)
  })
  open.add(call)
  if (open.size === maxOpenCalls) await Promise.race(open)
}
await Promise.all(open)
transports.close()
