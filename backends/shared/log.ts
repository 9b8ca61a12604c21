import { type Logger, pino } from 'pino'

/**
 * The log of a service: JSON lines on stdout. An error is told by its class, code, message and stack alone: drivers hang the
 * values of a failed statement on their errors, and those may be personal.
 *
 * @param level A level of pino, or "silent".
 */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level, base: { name }, serializers: { err: serializeError } })
}

function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  return {
    type: name,
    message,
    stack,
    ...('code' in error && { code: error.code }),
    ...(error.cause !== undefined && { cause: serializeError(error.cause) })
  }
}
