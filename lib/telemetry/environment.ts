import { diag } from '@opentelemetry/api'
import { getNumberFromEnv } from '@opentelemetry/core'

/** A number that the environment sets, or else `fallback`: as the SDK does, with a warning for one that is not above 0. */
export function positiveFromEnvironment(name: string, fallback: number): number {
  const value = getNumberFromEnv(name)
  if (value === undefined || value > 0) return value ?? fallback
  diag.warn(`${name} must be above 0, and is taken for ${fallback}`)
  return fallback
}
