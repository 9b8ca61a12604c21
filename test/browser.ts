import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { launch, type Page } from 'puppeteer-core'
import type t from 'tap'

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const executablePath = findChromium()

/** Why tests that drive a browser are skipped; false when there is one. */
export const noBrowser = executablePath === null && 'there is no Chromium: apt-get install chromium'

/** A page of a headless browser of its own, which ends with the test. It reaches this machine only. */
export async function drivePage(test: Pick<typeof t, 'teardown'>): Promise<Page> {
  const browser = await launch({
    executablePath: executablePath!,
    args: [
      '--disable-dev-shm-usage',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      // Containers, where tests run as root, have no user namespaces for it.
      '--no-sandbox'
    ]
  })
  test.teardown(() => browser.close())
  return browser.newPage()
}

/** The Chromium of this machine, or a relative of it; null: there is none. */
function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = folders.flatMap(folder => programs.map(program => join(folder, program)))
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
