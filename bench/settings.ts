// What the environment says of how long something is measured.

/**
 * A number that is set by a variable of the environment, or is not.
 *
 * Ends the process when it is set to anything but a whole number from 1 on: to measure anything else than was meant costs
 * minutes.
 */
export function count(variable: string, fallback: number): number {
  const text = process.env[variable] || String(fallback)
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  console.error(`${variable} takes a whole number from 1 on; not ${text}`)
  process.exit(1)
}
