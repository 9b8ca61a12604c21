import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type t from 'tap'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The Chromium of this machine, or a relative of it; null: there is none. */
export function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = folders.flatMap(folder => names.map(name => join(folder, name)))
  return places.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Opens a page in a headless browser with a profile of its own, which is gone when the test ends. It reaches this machine only. */
export async function openPage(test: Pick<typeof t, 'teardown'>, program: string, url: string): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'sluice-chromium-'))
  const flags = [
    '--headless=new',
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    // Containers, where tests run as root, have no user namespaces for it.
    '--no-sandbox'
  ]
  // A group of its own: the browser is many processes.
  const browser = spawn(program, [...flags, url], { stdio: 'ignore', detached: true })
  test.teardown(async () => {
    const ended = once(browser, 'exit')
    process.kill(-browser.pid!, 'SIGKILL')
    await ended
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  await once(browser, 'spawn')
}
