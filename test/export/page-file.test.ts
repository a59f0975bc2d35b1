import { createHash } from 'node:crypto'
import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { renderPageFile } from '../../src/export/index.ts'

const parts = { script: 'start("<!--</script>")', style: ':root{}', engine: 'const end = "</script>"' }
const hash = (text: string) => createHash('sha256').update(text).digest('base64')
const blocks = (html: string) =>
  [...html.matchAll(/<script type="([^"]+)"[^>]*>([\s\S]*?)<\/script>/g)].map(([, type, text]) => ({ type, text }))

describe('the page in one file', () => {
  it('runs the script that its policy names by hash, and nothing else', () => {
    const html = renderPageFile(parts, {}, 'lab')
    const [data, engine, script] = blocks(html)
    expect([data?.type, engine?.type, script?.type]).toEqual(['application/json', 'text/plain', 'module'])
    expect(html).toContain(`script-src 'sha256-${hash(script?.text ?? '')}';`)
    expect(html).toContain(`style-src 'sha256-${hash(parts.style)}';`)
    expect(html).not.toMatch(/unsafe-|https?:/)
  })

  it('keeps what a text in the code says where it escapes it', () => {
    const [, engine] = blocks(renderPageFile(parts, {}, 'lab'))
    expect(engine?.text).toBe('const end = "<\\/script>"')
  })

  property.prop([
    fc.oneof(fc.string(), fc.constantFrom('</script><script>alert(1)</script>', '<!--<script>', '\u2028')),
  ])('carries any text of a manifest as data', text => {
    const html = renderPageFile(parts, { inputs: [{ name: 'a.yaml', text }] }, text)
    const all = blocks(html)
    expect(all).toHaveLength(3)
    expect(JSON.parse(all[0]?.text ?? '')).toEqual({ inputs: [{ name: 'a.yaml', text }] })
    expect(html).toContain(`<title>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>`)
  })
})
