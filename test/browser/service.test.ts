import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callOperation } from '../../src/api/index.ts'
import { exampleSession } from '../api/session-fixture.ts'
import { violations } from './support/accessible.ts'
import { hasBrowser, type ServedPage, servedPage } from './support/served-page.ts'

describe.skipIf(!hasBrowser)('the view of Services', { timeout: 60_000 }, () => {
  let served: ServedPage
  beforeAll(async () => {
    served = await servedPage(await exampleSession())
  }, 60_000)
  afterAll(() => served?.close())
  afterEach(() => {
    expect(served.complaints.splice(0)).toEqual([])
  })

  it('leads from Ingress and addresses through the Service to every endpoint, with its exact share', async () => {
    const page = await served.open('#/service?service=default/testweb')
    const nodes = page.locator('kh-service g.node')
    await nodes.first().waitFor()
    const titles = await nodes.locator('text.title').allTextContents()
    expect(titles).toEqual(expect.arrayContaining(['shop.example/web', 'any node:30320', 'default/testweb']))
    const { ports } = callOperation(served.session, 'getService', { namespace: 'default', name: 'testweb' })
    const endpoints = ports[0]?.endpoints.map(one => one.endpoint) ?? []
    const shown = await page.locator('kh-service g.endpoint text.note').allTextContents()
    expect(shown.sort()).toEqual(endpoints.toSorted())
    expect(await page.locator('kh-service text.expected-text').allTextContents()).toEqual(
      endpoints.map(() => `1/${endpoints.length}`),
    )
    await page.close()
  })

  it('sends flows, and shows beside the expected what they got', async () => {
    const page = await served.open('#/service?service=default/testweb')
    await page.locator('kh-service #observe').click()
    const texts = page.locator('kh-service text.observed-text')
    await texts.filter({ hasText: '%' }).first().waitFor()
    const { observed } = callOperation(served.session, 'getService', {
      namespace: 'default',
      name: 'testweb',
      observe: 100,
    })
    const expected = new Map(observed?.counts.map(one => [one.endpoint, `${one.flows.toFixed(1)} %`]))
    const names = await page.locator('kh-service g.endpoint text.note').allTextContents()
    expect(await texts.allTextContents()).toEqual(names.map(name => expected.get(name) ?? '0.0 %'))
    await page.waitForURL(/observe=1/)
    await page.close()
  })

  it('tells the traffic of one node from that of another', async () => {
    const page = await served.open('#/service?service=default/testweb&table=1')
    await page.locator('kh-service select#traffic').selectOption({ index: 1 })
    await page.waitForURL(/traffic=/)
    await page.locator('kh-service select#node').selectOption('worker-1')
    await page.waitForURL(/node=worker-1/)
    expect(await page.locator('kh-service details.twin tbody tr').count()).toBe(3)
    await page.close()
  })

  it('is walked by the keyboard', async () => {
    const page = await served.open('#/service?service=default/testweb')
    await page.locator('kh-service g.node[tabindex="0"]').focus()
    await page.keyboard.press('End')
    expect(await page.locator('kh-service g.node[tabindex="0"]').getAttribute('class')).toContain('endpoint')
    await page.close()
  })

  it.each(['light', 'dark'])('has nothing that axe-core finds fault with, %s', async theme => {
    const page = await served.open(`#/service?service=default/testweb&observe=1&theme=${theme}`)
    await page.locator('kh-service g.node').first().waitFor()
    expect(await violations(page, 'kh-service')).toEqual([])
    await page.close()
  })
})
