// How fast the page is: first paint of a file, frames while a trace plays, the longest time that the page does not answer.
// node scripts/page-speed.mjs FILE.html [FROM TO]
import { resolve } from 'node:path'
import { chromium } from 'playwright-core'

const [file, from, to] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.KUBEHOP_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
await page.addInitScript(() => {
  globalThis.long = 0
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) globalThis.long = Math.max(globalThis.long, duration)
  }).observe({ type: 'longtask', buffered: true })
})
await page.goto(`file://${resolve(file)}`)
await page.locator('kh-topology-view svg').waitFor()
const opened = await page.evaluate(() => ({
  firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  picture: performance.now(),
  longestTask: globalThis.long,
}))
console.log(JSON.stringify({ file, ...opened }))
if (to !== undefined) {
  await page.evaluate(hash => {
    location.hash = hash
  }, `#/trace?from=${from}&to=${to}`)
  await page.locator('#play').waitFor()
  const frames = await page.evaluate(async () => {
    document
      .querySelector('kh-page')
      .renderRoot.querySelector('kh-trace-view')
      .renderRoot.querySelector('#play')
      .click()
    const times = []
    await new Promise(done => {
      const tick = now => {
        times.push(now)
        if (now - times[0] > 8000) done()
        else requestAnimationFrame(tick)
      }
      requestAnimationFrame(tick)
    })
    const gaps = times.slice(1).map((time, at) => time - times[at])
    gaps.sort((a, b) => a - b)
    return {
      perSecond: (1000 * gaps.length) / 8000,
      median: gaps[gaps.length >> 1],
      p99: gaps[Math.floor(gaps.length * 0.99)],
    }
  })
  console.log(JSON.stringify(frames))
}
await browser.close()
