import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Session } from '../../src/api/index.ts'
import { readInputs } from '../../src/cli/read-inputs.ts'
import { runCli } from '../cli/run-cli.ts'
import { violations } from './support/accessible.ts'
import { hasBrowser, type ServedPage, servedPage } from './support/served-page.ts'

const WORDS: Readonly<Record<string, string>> = {
  self: 'itself',
  allowed: 'allowed',
  denied: 'denied',
  some: 'partly allowed',
}
const EXAMPLES = ['examples/testweb', 'examples/policies']
const OPEN = 'fold=ns:kube-system,ns:kube-flannel'

describe.skipIf(!hasBrowser)('the view of policies', { timeout: 60_000 }, () => {
  let served: ServedPage
  beforeAll(async () => {
    served = await servedPage(Session.load({ inputs: await readInputs(EXAMPLES, false) }))
  }, 60_000)
  afterAll(() => served?.close())
  afterEach(() => {
    expect(served.complaints.splice(0)).toEqual([])
  })

  const matrix = (page: Page) => page.locator('kh-policy kh-reach-matrix canvas[role="application"]')

  it.each([
    ['', ''],
    ['&ports=TCP/5432', '--proto tcp --port 5432'],
  ])('has the verdicts of kubehop reach%s', async (ports, flags) => {
    const { stdout } = await runCli(`reach -f examples/testweb -f examples/policies --by pod -o json ${flags}`)
    const answer = JSON.parse(stdout)
    const expected = new Map<string, string>()
    for (const { from, cells } of answer.rows) {
      for (const [i, cell] of cells.entries())
        expected.set(`${from} > ${answer.destinations[i]}`, WORDS[cell.verdict] ?? '')
    }
    const page = await served.open(`#/policy?${OPEN}${ports}&table=1`)
    const rows = page.locator('kh-policy details.twin tr')
    await rows.nth(5).waitFor()
    const [head = [], ...body] = await rows.evaluateAll(all =>
      all.map(row => [...row.children].map(cell => cell.textContent ?? '')),
    )
    const shown = new Map<string, string>(
      body.flatMap(([from, ...cells]) => cells.map((cell, i): [string, string] => [`${from} > ${head[i + 1]}`, cell])),
    )
    for (const [pair, verdict] of expected) expect([pair, shown.get(pair)]).toEqual([pair, verdict])
    expect(expected.size).toBeGreaterThan(300)
    await page.close()
  })

  it('paints every cell in the colour of its verdict', async () => {
    const page = await served.open('#/policy')
    await matrix(page).waitFor()
    const colours = await matrix(page).evaluate(element => {
      if (!(element instanceof HTMLCanvasElement)) return []
      const context = element.getContext('2d')
      const side = element.width / Math.floor(element.width / 40)
      const { data = [] } = context?.getImageData(0, 0, element.width, 4) ?? {}
      return [0, 1].map(column => [...data.slice((3 * element.width + column * side + 3) * 4).slice(0, 4)])
    })
    expect(colours[0]).not.toEqual(colours[1])
    await page.close()
  })

  it('says why a cell is denied, how to open it, and traces it', async () => {
    const page = await served.open('#/policy?cell=pod:shop/frontend>pod:shop/db')
    const why = page.locator('kh-why')
    await why.getByText('Smallest fix').first().waitFor()
    await why.getByText('NetworkPolicy shop/').first().waitFor()
    await why.getByRole('button', { name: 'Trace this packet' }).click()
    await page.waitForURL(/#\/trace\?from=shop\/frontend&to=shop\/db/)
    await page.close()
  })

  it('is walked by the keyboard, and says each cell', async () => {
    const page = await served.open('#/policy')
    await matrix(page).focus()
    for (const key of ['ArrowDown', 'ArrowDown', 'End']) await page.keyboard.press(key)
    await page
      .getByText(/→ external: allowed/)
      .first()
      .waitFor({ state: 'attached' })
    await page.keyboard.press('Enter')
    await page.waitForURL(/cell=pod/)
    const rows = async () => (await matrix(page).getAttribute('aria-label')) ?? ''
    const before = await rows()
    await matrix(page).focus()
    await page.keyboard.press('f')
    await page.waitForURL(/fold=ns/)
    expect(await rows()).not.toBe(before)
    await page.close()
  })

  it('draws a line for what a policy allows, and none to what is open to all', async () => {
    const page = await served.open('#/policy?show=graph')
    await page.locator('kh-policy .node.restricted').first().waitFor()
    expect(await page.locator('kh-policy .node.restricted text').allTextContents()).toEqual(
      expect.arrayContaining(['shop/pod/api', 'shop/pod/db', 'shop/pod/frontend']),
    )
    expect(await page.locator('kh-policy .edge').count()).toBeGreaterThan(3)
    await page.locator('kh-policy .node [tabindex="0"]').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('kh-policy .node.chosen').waitFor()
    await page.close()
  })

  it('shows what an edit changes at once, where it is wrong, and keeps it when told to', async () => {
    const page = await served.open('#/policy?show=what-if&policy=new')
    await page.locator('kh-what-if').getByText('no longer allowed').first().waitFor()
    const write = async (text: string): Promise<void> => {
      await page.locator('kh-yaml-editor .cm-content').click()
      await page.keyboard.press('Control+A')
      await page.keyboard.insertText(text)
    }
    await write('apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: Deny All\n')
    await page
      .locator('kh-what-if .problems')
      .getByText(/^✘ 4:\d+/)
      .waitFor()
    expect(await page.locator('kh-what-if #apply').isDisabled()).toBe(true)
    await page.locator('kh-yaml-editor .cm-lint-marker-error').waitFor()
    await write(
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny-client, namespace: default}\nspec: {podSelector: {matchLabels: {app: none}}}\n',
    )
    await page.getByText('Nobody can reach more or less than before.').waitFor()
    await write(
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny-all, namespace: default}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n',
    )
    await page.locator('kh-what-if').getByText('visitor → default/pod/client').first().waitFor()
    await page.locator('kh-what-if #apply').click()
    await page.getByText('6 policies').waitFor()
    expect(served.session.current.revision).toBe(2)
    await page.getByRole('button', { name: 'Matrix' }).click()
    await matrix(page).focus()
    await page.goto(`${page.url().split('#')[0]}#/policy?cell=pod:default/visitor>pod:default/client`)
    await page.locator('kh-policy .aside').getByText('default/visitor → default/client: denied').waitFor()
    await page.close()
  })

  it.each(['', '&show=graph', '&show=what-if', '&cell=pod:shop/api>pod:shop/db'])(
    'has nothing that axe-core finds fault with: %s',
    async params => {
      for (const theme of ['light', 'dark']) {
        const page = await served.open(`#/policy?theme=${theme}${params}`)
        await page.locator('kh-policy .bar').first().waitFor()
        await page.waitForTimeout(500)
        expect(await violations(page, 'kh-policy')).toEqual([])
        await page.close()
      }
    },
  )
})
