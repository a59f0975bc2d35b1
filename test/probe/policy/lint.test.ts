import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createControlPlane } from '../../../src/controlplane/index.ts'
import { PolicyEngine } from '../../../src/netpol/index.ts'
import { LINT_RULES, lintPolicies } from '../../../src/probe/policy/index.ts'

const folder = join(import.meta.dirname, '../../../docs/lint')
const pages = readdirSync(folder).filter(name => name !== 'README.md')

/** The findings of one rule in manifests. */
function find(id: string, text: string): readonly string[] {
  const plane = createControlPlane()
  plane.load([{ name: `${id}.yaml`, text }])
  const snapshot = plane.snapshot()
  const rules = LINT_RULES.filter(rule => rule.id === id)
  return lintPolicies(new PolicyEngine(snapshot), snapshot.services, ['10.244.0.0/16'], rules).map(one => one.message)
}

describe('every rule of lint', () => {
  test('has a page, and every page a rule', () => {
    expect(pages.map(name => name.replace('.md', '')).sort()).toEqual(LINT_RULES.map(rule => rule.id))
  })

  test.each(pages)('%s: finds what its page says, and nothing in the other example', name => {
    const [found = '', fine = ''] = [
      ...readFileSync(join(folder, name), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g),
    ].map(match => match[1])
    const id = name.replace('.md', '')
    expect(find(id, found)).not.toEqual([])
    expect(find(id, fine)).toEqual([])
  })
})
