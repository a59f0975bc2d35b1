import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callOperation, Session } from '../../src/api/index.ts'
import { readInputs } from '../../src/cli/read-inputs.ts'
import { VIEWS } from '../../viz/app/views.ts'
import { violations } from './support/accessible.ts'
import { hasBrowser } from './support/served-page.ts'
import { type StaticPage, staticPage } from './support/static-page.ts'

const TRACE = '#/trace?from=pod/client&to=svc/testweb:80'

describe.skipIf(!hasBrowser)('the page in one file, from disk, with the network off', { timeout: 60_000 }, () => {
  let site: StaticPage
  let session: Session
  beforeAll(async () => {
    site = await staticPage('examples/testweb')
    session = Session.load({ inputs: await readInputs(['examples/testweb'], false) })
  }, 120_000)
  afterAll(() => site?.close())
  afterEach(() => {
    expect(site.complaints.splice(0)).toEqual([])
  })

  const route = (page: Page) => page.evaluate<string>('location.hash')
  const count = (page: Page) => page.locator('kh-trace-view .player .mono').textContent()
  const step = async (page: Page) => Number((await count(page))?.split('/')[0])

  it.each(VIEWS.map(({ id, title, tag }) => [id, title, tag] as const))(
    'shows %s, without a violation that axe-core knows',
    async (id, title, tag) => {
      const page = await site.open(`#/${id}?from=pod/client&to=svc/testweb:80`)
      await page.locator(`${tag} .view`).waitFor()
      expect(await page.title()).toBe(`${title} · kubehop`)
      expect(await violations(page, tag)).toEqual([])
      await page.context().close()
    },
  )

  it.each(['topology', 'trace', 'tour'])('has %s in the dark without a violation', async id => {
    const page = await site.open(`#/${id}?from=pod/client&to=svc/testweb:80&theme=dark`)
    const tag = VIEWS.find(view => view.id === id)?.tag ?? ''
    await page.locator(`${tag} .view`).waitFor()
    expect(await violations(page, tag)).toEqual([])
    await page.context().close()
  })

  it('sends a packet from the form, steps, scrubs, and comes back by its address', async () => {
    const page = await site.open('')
    await page.getByLabel('From').fill('pod/client')
    await page.getByLabel('To', { exact: true }).fill('svc/testweb:80')
    await page.getByLabel('Seed').fill('1')
    await page.getByRole('button', { name: 'Send a packet' }).click()
    await page.locator('kh-trace-view .verdict-bar').getByText('DELIVERED').waitFor()
    expect(await step(page)).toBe(1)
    await page.getByRole('button', { name: 'One step on' }).click()
    expect(await step(page)).toBe(2)
    await page.getByRole('slider', { name: 'Step' }).fill('30')
    expect(await step(page)).toBe(31)
    await expect.poll(() => route(page)).toContain('step=31')
    const other = await site.open(await route(page))
    await other.locator('kh-trace-view [aria-current="step"]').waitFor()
    expect(await step(other)).toBe(31)
    expect(await other.locator('kh-trace-view .now').textContent()).toBe(
      await page.locator('kh-trace-view .now').textContent(),
    )
    await page.goBack()
    await page.locator('kh-topology-view .view').waitFor()
    await page.goForward()
    await page.locator('kh-trace-view .verdict-bar').waitFor()
    await page.context().close()
    await other.context().close()
  })

  it('plays to the end by itself', async () => {
    const page = await site.open(`${TRACE}&step=88`, { motion: true })
    await page.locator('#play').click()
    await page.locator('#play').getByText('Pause').waitFor()
    const total = Number((await count(page))?.split('/')[1])
    await expect.poll(() => route(page), { timeout: 20_000 }).toContain(`step=${total}`)
    await page.locator('#play').getByText('Play').waitFor()
    await page.context().close()
  })

  it('says all that the terminal says', async () => {
    const page = await site.open(`${TRACE}&pane=text`)
    const { lines } = callOperation(session, 'trace', { from: 'pod/client', to: 'svc/testweb:80', verbosity: 1 })
    expect(await page.locator('kh-trace-view pre.lines').textContent()).toBe(lines.join('\n'))
    await page.context().close()
  })

  it('shows every branch with its probability, and walks the one that is chosen', async () => {
    const page = await site.open(`${TRACE}&every=1`)
    const leaves = page.locator('kh-trace-view .branches .leaf')
    await leaves.first().waitFor()
    expect(await leaves.allTextContents().then(all => all.map(text => text.trim().slice(0, 7)))).toEqual([
      '33.33 %',
      '33.33 %',
      '33.33 %',
    ])
    await leaves.nth(2).click()
    await page.locator('kh-trace-view .steps .hop', { hasText: 'worker-3' }).first().waitFor()
    await page.context().close()
  })

  it('saves what it shows as SVG, PNG, JSON, Markdown and pcapng', async () => {
    const page = await site.open(TRACE)
    await page.locator('kh-trace-view .verdict-bar').waitFor()
    const save = async (format: string): Promise<Buffer> => {
      await page.getByRole('button', { name: 'Export' }).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator(`kh-export-menu [data-format=${format}]`).click(),
      ])
      expect(download.suggestedFilename()).toBe(`trace.${format}`)
      return readFile(await download.path())
    }
    const svg = (await save('svg')).toString()
    expect(svg).toContain('<title>pod/client → svc/testweb:80 (tcp)</title>')
    expect(svg).toContain('<desc>')
    expect(svg).not.toMatch(/var\(--|<script|class="packet/)
    expect((await save('png')).subarray(1, 4).toString()).toBe('PNG')
    const { trace } = callOperation(session, 'trace', { from: 'pod/client', to: 'svc/testweb:80', verbosity: 1 })
    expect(JSON.parse((await save('json')).toString())).toEqual(JSON.parse(JSON.stringify(trace)))
    expect((await save('md')).toString()).toContain('| Step | Where | What | Decision | Because of |')
    const { content } = callOperation(session, 'traceExport', {
      from: 'pod/client',
      to: 'svc/testweb:80',
      format: 'pcapng',
    })
    expect((await save('pcapng')).toString('base64')).toBe(content)
    await page.context().close()
  })

  it('is used by keyboard alone: tabs, boxes, form, player, help', async () => {
    const page = await site.open('')
    await page.locator('kh-topology-view svg').waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type('client')
    await expect.poll(() => route(page)).toContain('q=client')
    await page.keyboard.press('Escape')
    await page.locator('kh-topology-view [data-id="node/worker-1"]').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('kh-topology-view .details', { hasText: 'Pod default/client' }).waitFor()
    await page.getByRole('button', { name: 'Send from here' }).press('Enter')
    expect(await route(page)).toContain('from=pod/client')
    await page.locator('body').press('p')
    await page.keyboard.press('Tab')
    await page.keyboard.type('10.244.1.3:80')
    await page.keyboard.press('Enter')
    await page.locator('kh-trace-view .verdict-bar').waitFor()
    await page.locator('kh-trace-view #play').focus()
    await page.keyboard.press('ArrowRight')
    expect(await step(page)).toBe(2)
    await page.keyboard.press('Shift+ArrowRight')
    expect(await page.locator('kh-trace-view .now').textContent()).toContain('worker-1')
    await page.keyboard.press('End')
    expect(await page.locator('kh-trace-view .now').textContent()).toContain('deliver')
    await page.keyboard.press('t')
    await page.locator('kh-topology-view').waitFor()
    await page.context().close()
  })

  it('sends a packet where one box is dragged to another', async () => {
    const page = await site.open('')
    await page.locator('kh-topology-view [data-id="default/client"]').waitFor()
    await page
      .locator('kh-topology-view [data-id="default/client"]')
      .dragTo(page.locator('kh-topology-view [data-id="svc/default/testweb"]'))
    await page.locator('kh-trace-view .verdict-bar').getByText('DELIVERED').waitFor()
    expect(await route(page)).toContain('to=svc/testweb:80')
    await page.context().close()
  })

  it('opens the next lesson of the tour with the right answer only', async () => {
    const page = await site.open('#/tour')
    const next = page.getByRole('button', { name: 'Next lesson' })
    await next.waitFor()
    await page.keyboard.press('2')
    await page.locator('kh-tour-view .says.wrong').waitFor()
    expect(await next.isDisabled()).toBe(true)
    await page.keyboard.press('1')
    await page.locator('kh-tour-view .says.right').waitFor()
    await next.click()
    await page.getByRole('heading', { name: 'A pod on another node' }).waitFor()
    await page.context().close()
  })

  it('says what was wrong with a question, with its code', async () => {
    const page = await site.open('#/trace?from=pod/nobody&to=svc/testweb:80')
    expect(await page.locator('kh-trace-view [role=alert]').textContent()).toContain('KH_ENDPOINT')
    await page.context().close()
  })
})
