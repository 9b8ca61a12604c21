import { create } from '@bufbuild/protobuf'
import { type BytesValue, BytesValueSchema } from '@bufbuild/protobuf/wkt'
import type { Ask } from '../ask.ts'
import type { Records } from './records.ts'

/** A call, whoever took it. */
export interface ServedCall {
  ask: Ask
  /** Until its deadline, in milliseconds; null: it has none. */
  timeoutMs: number | null
  /** Aborted when the client does not want it any more, or its deadline passed. */
  signal: AbortSignal
  messages: AsyncIterable<BytesValue>
}

/** Answers a call as it asks, but for its status: the messages are pulled no faster than they are sent. */
export type AnswerCall = (call: ServedCall) => AsyncGenerator<BytesValue>

/** The four kinds of calls of the servers of Node; the server of grpc-go does the same. */
export function createAnswers(records: Records) {
  /** What all kinds have in common. */
  function serve(answer: (ask: Ask, messages: AsyncIterable<BytesValue>) => AsyncIterable<BytesValue>): AnswerCall {
    return async function* ({ ask, timeoutMs, signal, messages }) {
      const { seen, gate } = records.of(ask.id)
      async function* counted() {
        for await (const message of messages) {
          seen.received += 1
          yield message
        }
      }
      const end = records.begin(ask.id, timeoutMs, signal)
      if (ask.hold) await Promise.race([gate.promise, aborted(signal)])
      for await (const message of answer(ask, counted())) {
        yield message
        seen.sent += 1
      }
      end()
    }
  }

  return {
    unary: serve(async function* ({ answerBytes }, messages) {
      for await (const message of messages) yield answerBytes === undefined ? message : bytes(Buffer.alloc(answerBytes))
    }),

    serverStream: serve(async function* ({ answers = 0, answerBytes = 0 }, messages) {
      for await (const _ of messages);
      const message = bytes(Buffer.alloc(answerBytes))
      for (let sent = 0; sent < answers; sent++) yield message
    }),

    clientStream: serve(async function* (_, messages) {
      let sum = 0
      for await (const { value } of messages) sum += value.length
      yield bytes(Buffer.from(String(sum)))
    }),

    bidiStream: serve((_, messages) => messages)
  }
}

function bytes(value: Uint8Array): BytesValue {
  return create(BytesValueSchema, { value })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

/** The messages of a request that has one. */
export async function* one<T>(message: T): AsyncGenerator<T> {
  yield message
}

/** The message of an answer that has one, when its end is reached. */
export async function only<T>(messages: AsyncIterable<T>): Promise<T> {
  let only: T | undefined
  for await (const message of messages) only = message
  return only!
}
