import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import type { Session } from '../../../src/api/index.ts'
import { createHttpServer } from '../../../src/server/index.ts'
import { builtPage } from './built-page.ts'

const CHROMIUM = process.env.KUBEHOP_CHROMIUM ?? '/usr/bin/chromium'

/** Whether there is a browser; says loudly when there is none, and how to get it. */
export const hasBrowser = existsSync(CHROMIUM)
if (!hasBrowser) console.warn(`SKIPPED: no browser at ${CHROMIUM}. Get it with: apt-get install -y chromium`)

export interface ServedPage {
  readonly session: Session
  /** Opens `#/…` in a tab of its own. */
  open(fragment: string, size?: { readonly width: number; readonly height: number }): Promise<Page>
  /** What the browser complained about, refusals of the content security policy among it. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** The page of a session behind a server of its own, and a browser to look at it. */
export async function servedPage(session: Session): Promise<ServedPage> {
  const complaints: string[] = []
  const log = (text: string): void => void complaints.push(text)
  const app = await createHttpServer(session, {
    page: await builtPage(),
    version: '0.0.0',
    log,
    remote: false,
    hosts: [],
    token: undefined,
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  return {
    session,
    complaints,
    async open(fragment, viewport = { width: 1440, height: 900 }) {
      const page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
      page.on('console', message => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
      })
      page.on('pageerror', error => complaints.push(String(error)))
      await page.goto(`${address}/${fragment}`)
      return page
    },
    async close() {
      await browser.close()
      await app.close()
    },
  }
}
