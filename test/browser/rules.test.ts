import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callOperation } from '../../src/api/index.ts'
import { exampleSession } from '../api/session-fixture.ts'
import { violations } from './support/accessible.ts'
import { hasBrowser, type ServedPage, servedPage } from './support/served-page.ts'

describe.skipIf(!hasBrowser)('the view of rules', { timeout: 60_000 }, () => {
  let served: ServedPage
  beforeAll(async () => {
    served = await servedPage(await exampleSession())
  }, 60_000)
  afterAll(() => served?.close())
  afterEach(() => {
    expect(served.complaints.splice(0)).toEqual([])
  })

  const WAY = '#/rules?from=pod/client&to=svc/testweb:80'
  const steps = (page: Page) =>
    page.locator('kh-rules g.row.rule.taken .back').evaluateAll(rows =>
      rows
        .map(row => row.getAttribute('aria-label') ?? '')
        .map(label => ({ step: Number(/step (\d+)/.exec(label)?.[1]), rule: /^(\S+ rule \d+)/.exec(label)?.[1] }))
        .sort((a, b) => a.step - b.step)
        .map(({ rule }) => rule),
    )

  it('numbers the rules that the packet of the trace met, in that order', async () => {
    const page = await served.open(WAY)
    await page.locator('kh-rules g.row.taken').first().waitFor()
    const { trace } = callOperation(served.session, 'trace', { from: 'pod/client', to: 'svc/testweb:80' })
    const node = trace?.hops.find(hop => hop.kind === 'node')
    const met = node?.steps
      .filter(step => step.type === 'rule' && step.outer === undefined)
      .map(({ detail }) => `${detail.chain} rule ${detail.index}`)
    expect(met?.length).toBeGreaterThan(5)
    expect(await steps(page)).toEqual(met)
    expect(await page.locator('kh-rules select#node').inputValue()).toBe(node?.namespace)
    await page.close()
  })

  it('shows the exact share of each endpoint beside its rule', async () => {
    const page = await served.open('#/rules?find=mode%20random')
    const shares = page.locator('kh-rules g.row.found text.count')
    await shares.first().waitFor()
    expect(await shares.allTextContents()).toContain('1/3')
    await page.close()
  })

  it('finds rules by text, keeps the search in the address, and shows the way that leads there', async () => {
    const page = await served.open('#/rules')
    await page.locator('kh-rules #find').fill('30320')
    await page.locator('kh-rules g.row.found').first().waitFor()
    await page.waitForURL(/find=30320/)
    const titles = await page.locator('kh-rules g.box text.title').allTextContents()
    expect(titles).toEqual(expect.arrayContaining(['prerouting', 'PREROUTING', 'KUBE-SERVICES', 'KUBE-NODEPORTS']))
    await page.locator('kh-rules #find').fill('no rule says this')
    await page.getByText('No rule has this text').waitFor()
    await page.close()
  })

  it('shows what kube-proxy writes in its other modes', async () => {
    const page = await served.open(WAY)
    await page.locator('kh-rules select#proxy').selectOption('nftables')
    await page
      .locator('kh-rules g.box text.title', { hasText: /^services$/ })
      .first()
      .waitFor()
    expect(await page.locator('kh-rules select#kind').inputValue()).toBe('nft')
    await page.locator('kh-rules g.row.taken').first().waitFor()
    await page.locator('kh-rules select#proxy').selectOption('ipvs')
    await page.locator('kh-rules g.box.server').first().waitFor()
    await page.close()
  })

  it('is walked and read by the keyboard alone', async () => {
    const page = await served.open(WAY)
    await page.locator('kh-rules .row [tabindex="0"]').focus()
    for (const key of ['ArrowRight', 'Enter']) await page.keyboard.press(key)
    await page.locator('kh-rules .detail code').waitFor()
    expect(await page.locator('kh-rules .detail code').textContent()).toMatch(/^-A /)
    await page.keyboard.press('+')
    await page.getByRole('button', { name: '125 %' }).waitFor()
    await page.close()
  })

  it('has the same rules in its table', async () => {
    const page = await served.open(WAY)
    await page.locator('kh-rules details.twin summary').click()
    const rows = page.locator('kh-rules details.twin tbody tr')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(await page.locator('kh-rules g.row.rule').count())
    await page.close()
  })

  it.each(['light', 'dark'])('has nothing that axe-core finds fault with, %s', async theme => {
    const page = await served.open(`${WAY}&theme=${theme}`)
    await page.locator('kh-rules g.row.taken').first().waitFor()
    expect(await violations(page, 'kh-rules')).toEqual([])
    await page.close()
  })
})
