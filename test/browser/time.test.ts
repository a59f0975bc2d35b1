import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callOperation } from '../../src/api/index.ts'
import { DENY_ALL, exampleSession } from '../api/session-fixture.ts'
import { violations } from './support/accessible.ts'
import { hasBrowser, type ServedPage, servedPage } from './support/served-page.ts'

describe.skipIf(!hasBrowser)('the view of time', { timeout: 60_000 }, () => {
  let served: ServedPage
  beforeAll(async () => {
    const session = await exampleSession()
    callOperation(session, 'applyEdits', { documents: [{ name: 'deny.yaml', text: DENY_ALL }], label: 'deny all' })
    callOperation(session, 'applyEdits', {
      remove: [{ kind: 'NetworkPolicy', namespace: 'default', name: 'deny-all' }],
      label: 'allow again',
    })
    served = await servedPage(session)
  }, 60_000)
  afterAll(() => served?.close())
  afterEach(() => {
    expect(served.complaints.splice(0)).toEqual([])
  })

  it('compares the last change with what was before', async () => {
    const page = await served.open('#/time')
    await page.locator('kh-time .told').getByText('newly allowed').first().waitFor()
    expect(await page.locator('kh-time .labels text').allTextContents()).toEqual([
      '1 loaded',
      '2 deny all',
      '3 allow again',
    ])
    const { difference } = callOperation(served.session, 'diffRevisions', { from: 2, to: 3 })
    expect(await page.locator('kh-time .changes li').count()).toBe(difference.reach.length)
    await page.close()
  })

  it('goes to an earlier state, which all views then show', async () => {
    const page = await served.open('#/time')
    await page.locator('kh-time .dot').first().waitFor()
    await page.keyboard.press(',')
    await page.waitForURL(/revision=2/)
    await page.getByText('All views show revision 2. Now is 3.').waitFor()
    await page.keyboard.press('m')
    await page.waitForURL(/#\/policy\?revision=2/)
    await page.getByText('6 policies').waitFor()
    await page.close()
  })

  it('compares any two states', async () => {
    const page = await served.open('#/time?a=1&b=3')
    await page.getByText('Nobody can reach more or less than before.').waitFor()
    await page.locator('kh-time select#b').selectOption({ label: '2 deny all' })
    await page.locator('kh-time .told').getByText('no longer allowed').first().waitFor()
    await page.waitForURL(/b=2/)
    await page.close()
  })

  it('is walked by the keyboard', async () => {
    const page = await served.open('#/time')
    await page.locator('kh-time .dot [tabindex="0"]').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await page.waitForURL(/revision=1/)
    await page.close()
  })

  it.each(['light', 'dark'])('has nothing that axe-core finds fault with, %s', async theme => {
    const page = await served.open(`#/time?revision=2&theme=${theme}`)
    await page.locator('kh-time .told li').first().waitFor()
    expect(await violations(page, 'kh-time')).toEqual([])
    await page.close()
  })
})
