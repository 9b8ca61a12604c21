import { randomFillSync } from 'node:crypto'

const traceIdBytes = 16
const spanIdBytes = 8
/** Random bytes are dear by the draw and not by the byte: these are enough for some hundred requests. */
const pool = Buffer.allocUnsafeSlow(512 * (traceIdBytes + spanIdBytes))
let used = pool.length

/** A trace id that is not all zeros (W3C Trace Context, section 3.2.2.3): 32 hexadecimal digits. */
export function randomTraceId(): string {
  return nonZero(traceIdBytes)
}

/** A span id that is not all zeros: 16 hexadecimal digits. */
export function randomSpanId(): string {
  return nonZero(spanIdBytes)
}

function nonZero(bytes: number): string {
  const id = take(bytes)
  return /[^0]/.test(id) ? id : nonZero(bytes)
}

function take(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
