import type { Page } from 'puppeteer-core'
import t from 'tap'
import { drivePage, noBrowser } from '../../browser.ts'
import { build, productIds, signToken, userId } from '../../helper.ts'

/** Opens an operation of the page, sends its request, and waits for the answer. */
async function tryOut(page: Page, rpc: string): Promise<{ status: string; text: string }> {
  const operation = (await page.waitForSelector(`.opblock[id$="${rpc.replaceAll('.', '\\\\.')}"]`))!
  await (await operation.$('.opblock-summary-control'))!.click()
  await (await operation.waitForSelector('button.execute'))!.click()
  await operation.waitForSelector('.live-responses-table .response-col_status')
  const textOf = (selector: string) => operation.$eval(selector, element => element.textContent ?? '')
  return {
    status: await textOf('.live-responses-table .response .response-col_status'),
    text: await textOf('.live-responses-table .response .highlight-code')
  }
}

t.test('in a browser, the page shows the API and can try it', { skip: noBrowser }, async t => {
  const { url, upstream } = await build(t)
  const page = await drivePage(t)
  const problems: string[] = []
  const asked: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warn') problems.push(message.text())
  })
  page.on('pageerror', error => problems.push(String(error)))
  page.on('request', request => asked.push(request.url()))

  await page.goto(`${url}/docs`)
  const products = await tryOut(page, 'ProductService.ListProducts')
  t.match(products.status, /^200/, 'a public route answers')
  t.match(products.text, productIds[0]!)
  t.ok(
    upstream.calls.some(({ rpc }) => rpc === 'shop.product.v1.ProductService/ListProducts'),
    'it reached the shop'
  )

  await (await page.waitForSelector('.auth-wrapper .authorize'))!.click()
  await (await page.waitForSelector('.auth-container input'))!.type(await signToken())
  await (await page.waitForSelector('.auth-btn-wrapper .authorize'))!.click()
  await (await page.waitForSelector('.auth-btn-wrapper .btn-done'))!.click()
  const account = await tryOut(page, 'UserService.GetMe')
  t.match(account.status, /^200/, 'a route for users answers when a token was entered')
  t.match(account.text, userId)

  const elsewhere = asked.filter(address => !address.startsWith(`${url}/`) && !address.startsWith('data:'))
  t.same(elsewhere, [], 'nothing came from elsewhere')
  t.same(problems, [], 'the page does nothing that its policy forbids')
})
