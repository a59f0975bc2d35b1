// Pictures of every view, small and large, light and dark, into screenshots/ (not kept in git). They are for looking at.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { chromium } from 'playwright-core'

const folder = 'screenshots'
const only = process.argv.slice(2)
const sizes = [
  [1440, 900],
  [900, 700],
]
const trace = 'from=pod/client&to=svc/testweb:80'
const scenes = [
  { name: 'topology', example: 'testweb', route: 'topology' },
  { name: 'topology-selected', example: 'testweb', route: 'topology?sel=default/client' },
  { name: 'trace', example: 'testweb', route: `trace?${trace}&step=14` },
  { name: 'trace-tunnel', example: 'testweb', route: `trace?${trace}&step=34` },
  { name: 'trace-ladder', example: 'testweb', route: `trace?${trace}&pane=ladder` },
  { name: 'trace-branches', example: 'testweb', route: `trace?${trace}&every=1` },
  { name: 'trace-drop', example: 'no-endpoints', route: 'trace?from=pod/client&to=svc/shop' },
  { name: 'trace-outside', example: 'testweb', route: 'trace?from=external&to=node/worker-1:30320&step=20' },
  { name: 'trace-empty', example: 'testweb', route: 'trace' },
  { name: 'trace-error', example: 'testweb', route: 'trace?from=pod/nobody&to=svc/testweb:80' },
  { name: 'rules', example: 'testweb', route: `rules?${trace}` },
  { name: 'policy', example: 'policies', route: 'policy' },
  { name: 'service', example: 'testweb', route: 'service' },
  { name: 'dns', example: 'testweb', route: 'dns' },
  { name: 'time', example: 'testweb', route: 'time' },
  { name: 'tour', example: 'testweb', route: 'tour' },
  { name: 'tour-lesson', example: 'testweb', route: 'tour?lesson=5' },
  { name: 'help', example: 'testweb', route: 'topology', key: '?' },
].filter(({ name }) => only.length === 0 || only.some(wanted => name.startsWith(wanted)))

if (only.length === 0) rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const example of new Set(scenes.map(scene => scene.example))) {
  const args = ['dist/cli/main.js', 'export', '--to', `${folder}/${example}.html`, '-f', `examples/${example}`, '-q']
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
const browser = await chromium.launch({
  executablePath: process.env.KUBEHOP_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
for (const [width, height] of sizes) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, offline: true })
    for (const { name, example, route, key } of scenes) {
      const page = await context.newPage()
      page.on('pageerror', error => console.error(`${name}: ${error.message}`))
      page.on('console', message => message.type() === 'error' && console.error(`${name}: ${message.text()}`))
      await page.goto(`file://${resolve(folder)}/${example}.html#/${route}`)
      await page.locator('main .view, main .state:not(.loading)').first().waitFor()
      if (key !== undefined) await page.keyboard.press(key)
      await page.waitForTimeout(700)
      await page.screenshot({ path: `${folder}/${name}-${width}x${height}-${colorScheme}.png` })
      await page.close()
    }
    await context.close()
  }
}
await browser.close()
