import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { chromium, type Page } from 'playwright-core'
import { readInputs } from '../../../src/cli/read-inputs.ts'
import { renderPageFile } from '../../../src/export/index.ts'
import { builtPage } from './built-page.ts'

const CHROMIUM = process.env.KUBEHOP_CHROMIUM ?? '/usr/bin/chromium'

export interface StaticPage {
  readonly file: string
  /** Opens `#/…` from disk, in a browser without a network. */
  open(fragment: string, options?: { readonly motion?: boolean }): Promise<Page>
  readonly complaints: string[]
  close(): Promise<void>
}

/** What `kubehop export --to FILE.html` writes for an example, opened from disk with the network off. */
export async function staticPage(example: string): Promise<StaticPage> {
  const folder = await mkdtemp(join(tmpdir(), 'kubehop-static-'))
  const file = join(folder, 'out.html')
  const page = await builtPage()
  const text = (name: string) => page.get(name)?.bytes.toString('utf8') ?? ''
  const engine = await build({
    entryPoints: [fileURLToPath(new URL('../../../viz/engine/worker.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
  })
  const parts = { script: text('/page.js'), style: text('/page.css'), engine: engine.outputFiles[0]?.text ?? '' }
  await writeFile(file, renderPageFile(parts, { inputs: await readInputs([example], false) }, 'lab <&>'))
  if (!(await readFile(file, 'utf8')).includes('sha256-')) throw new Error('the file has no policy')
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  const complaints: string[] = []
  return {
    file,
    complaints,
    async open(fragment, { motion = false } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        reducedMotion: motion ? 'no-preference' : 'reduce',
        offline: true,
        acceptDownloads: true,
      })
      const tab = await context.newPage()
      tab.on('console', message => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
      })
      tab.on('pageerror', error => complaints.push(String(error)))
      await tab.goto(`${pathToFileURL(file).href}${fragment}`)
      return tab
    },
    async close() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
