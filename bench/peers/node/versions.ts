import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

/** The versions of packages as they are installed, and of Node. */
export function versionsOf(...packages: readonly string[]): string {
  const versions = packages.map(name => {
    const { version } = JSON.parse(readFileSync(findPackageJSON(name, import.meta.url)!, 'utf8'))
    return `${name} ${version}`
  })
  return [...versions, `Node ${process.versions.node}`].join(', ')
}
