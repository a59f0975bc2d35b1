import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { operationList } from '../../src/api/index.ts'

const page = readFileSync('docs/api.md', 'utf8')

describe('docs/api.md', () => {
  it('lists every operation with its request and summary, in the order of the table', () => {
    const [, after = ''] = page.split('## Operations')
    const rows = [...after.matchAll(/^\| `(\w+)` +\| (GET|POST) +`([^`]+)` +\| (.+?) +\|$/gm)].map(
      ([, ...cells]) => cells,
    )
    expect(rows).toEqual(operationList().map(({ name, method, path, summary }) => [name, method, path, summary]))
  })

  it('leads somewhere', () => {
    for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)\)/g))
      expect(() => readFileSync(`docs/${target}`)).not.toThrow()
  })
})
