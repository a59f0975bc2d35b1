import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callOperation } from '../../src/api/index.ts'
import { exampleSession } from '../api/session-fixture.ts'
import { violations } from './support/accessible.ts'
import { hasBrowser, type ServedPage, servedPage } from './support/served-page.ts'

describe.skipIf(!hasBrowser)('the view of DNS', { timeout: 60_000 }, () => {
  let served: ServedPage
  beforeAll(async () => {
    served = await servedPage(await exampleSession())
  }, 60_000)
  afterAll(() => served?.close())
  afterEach(() => {
    expect(served.complaints.splice(0)).toEqual([])
  })

  it('draws every query of the lookup in order, and what left the cluster', async () => {
    const page = await served.open('#/dns?from=pod/client&name=example.com')
    await page.locator('kh-dns g.query').first().waitFor()
    const { resolution } = callOperation(served.session, 'resolve', { name: 'example.com', from: 'pod/client' })
    expect(await page.locator('kh-dns text.name').allTextContents()).toEqual(
      resolution.queries.map(({ seq, type, name }) => `${seq}. ${type} ${name}`),
    )
    const leaks = resolution.queries.flatMap(query => query.leakedTo)
    expect(leaks.length).toBeGreaterThan(0)
    expect(await page.locator('kh-dns .arrow.leaks').count()).toBe(leaks.length)
    expect(await page.locator('kh-dns .lane.outside text').textContent()).toContain(leaks[0] ?? '')
    await page.getByText('1 name left the cluster: example.com.').waitFor()
    await page.close()
  })

  it('looks up what is written, by the keyboard alone', async () => {
    const page = await served.open('#/dns?from=pod/client')
    await page.locator('kh-dns g.query').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('kubernetes')
    await page.keyboard.press('Enter')
    await page.waitForURL(/name=kubernetes/)
    await page.locator('kh-dns .result').getByText('kubernetes.default.svc.cluster.local.').waitFor()
    await page.locator('kh-dns g.query[tabindex="0"]').focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('kh-dns g.query[tabindex="0"]').getAttribute('data-stop')).toBe('2')
    await page.close()
  })

  it('takes a name for text, whatever it looks like', async () => {
    const name = '<img src=x onerror=alert(1)>'
    const page = await served.open(`#/dns?from=pod/client&name=${encodeURIComponent(name)}`)
    await page
      .locator('kh-dns')
      .getByText(/onerror|did not work/)
      .first()
      .waitFor()
    expect(await page.locator('img').count()).toBe(0)
    served.complaints.splice(0) // a name that is refused is a response of status 400, which the browser reports
    await page.close()
  })

  it.each(['light', 'dark'])('has nothing that axe-core finds fault with, %s', async theme => {
    const page = await served.open(`#/dns?from=pod/client&name=example.com&theme=${theme}`)
    await page.locator('kh-dns g.query').first().waitFor()
    expect(await violations(page, 'kh-dns')).toEqual([])
    await page.close()
  })
})
