/** What is shown in place of what nobody should see. */
const mask = '***'

/** Names of settings whose values are secrets. */
const secretName = /SECRET|PASSWORD|TOKEN|KEY_FILE|CERT_FILE|CA_FILE/

/** The settings as they may be shown: secrets, and what addresses say before the `@`, are masked. */
export function maskedSettings(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, maskedValue(name, value)]))
}

function maskedValue(name: string, value: unknown): unknown {
  if (value === null) return null
  if (secretName.test(name) || Buffer.isBuffer(value)) return mask
  return typeof value === 'string' ? value.replace(/(:\/\/)[^/@\s]*@/, `$1${mask}@`) : value
}
