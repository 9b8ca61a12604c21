import { launch, type Page } from 'puppeteer-core'
import type t from 'tap'
import { findChromium } from './e2e/chromium.ts'

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
