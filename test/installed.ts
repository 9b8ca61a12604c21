import { readFileSync } from 'node:fs'

/** Every package that the product comes with, by the lock file; one that is there more than once is there more than once. */
export function installedPackages(): { name: string; version: string }[] {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
  const packages = Object.entries<{ version: string; dev?: boolean }>(lock.packages).filter(
    ([path, { dev }]) => path !== '' && dev !== true
  )
  return packages.map(([path, { version }]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version
  }))
}

/** Whether a version is at least another: of `1.2.3-beta`, the part behind the `-` does not count. */
export function isAtLeast(version: string, floor: string): boolean {
  const [have, want] = [version, floor].map(text => text.split('-')[0]!.split('.').map(Number))
  for (let at = 0; at < 3; at++) {
    if (have![at] !== want![at]) return have![at]! > want![at]!
  }
  return true
}
