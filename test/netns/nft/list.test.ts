import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { World } from '../../../src/netns/index.ts'
import { readCases } from '../../support/cases.ts'
import { type CaseConfig, type CaseService, type CaseSlice, syncNftCase } from '../../support/kube-proxy-objects.ts'

const folder = join(import.meta.dirname, 'fixtures')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const fixtures = readdirSync(folder).flatMap(name => (name.endsWith('.nft') ? [name.slice(0, -4)] : []))

function listed(...texts: readonly string[]): string {
  const ns = new World().createNamespace('test')
  for (const text of texts) ns.nft.load(text)
  return ns.nft.list()
}

describe('what nft 1.0.6 printed of a text', () => {
  test.each(fixtures)('%s', name => {
    expect(listed(read(`${name}.nft`))).toBe(read(`${name}.list`))
  })

  test.each(fixtures)('%s: what is printed can be read, and is printed alike', name => {
    // nft does the same: what it merged into one interval is written without braces the second time.
    const again = read(`${name}.list`).replace('{ 10.0.0.0/8 } drop', '10.0.0.0/8 drop')
    expect(listed(read(`${name}.list`))).toBe(again)
  })

  test('elements with a timeout show what is left of it', () => {
    const world = new World()
    const ns = world.createNamespace('test')
    ns.nft.load(
      'table ip t { set s { type inet_service; flags timeout; elements = { 22 timeout 1h, 23 timeout 30m5s comment "c" } } }',
    )
    world.sim.schedule(4000, () => undefined)
    world.run(10_000)
    expect(ns.nft.list()).toContain(
      'elements = { 22 timeout 1h expires 59m59s990ms, 23 timeout 30m5s expires 30m4s990ms comment "c" }',
    )
    world.sim.schedule(3_000_000_000, () => undefined)
    world.run(3_000_010_000)
    expect(ns.nft.list()).toContain('elements = { 22 timeout 1h expires 9m59s990ms }')
  })
})

const nft = process.getuid?.() === 0 && spawnSync('nft', ['--version']).stdout.toString().includes('v1.0.6')
if (!nft)
  console.warn('SKIPPED: comparison with nft list: needs root and nft 1.0.6; run: sudo apt-get install nftables')

interface Scenario {
  readonly id: string
  readonly config: Partial<CaseConfig>
  readonly services: readonly CaseService[]
  readonly endpointSlices: readonly CaseSlice[]
}

describe.skipIf(!nft)('what the nft of this machine prints of the rules of kube-proxy', () => {
  const table = readCases<{ readonly defaults: CaseConfig; readonly scenarios: readonly Scenario[] }>('kube-proxy.json')
  test.each(table.scenarios)('$id', ({ config, services, endpointSlices }) => {
    const text = syncNftCase(services, endpointSlices, { ...table.defaults, ...config }, ['172.30.0.0/16'])
    const command = ['-n', 'sh', '-c', 'nft -f - && nft list ruleset']
    const { stdout, stderr } = spawnSync('unshare', command, { input: text, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(withSortedElements(listed(text))).toBe(withSortedElements(stdout))
  })
})

/** Elements with the same last component come in the order of the kernel's hash, which is another every time. */
function withSortedElements(text: string): string {
  return text.replace(/elements = \{ ([^}]*) \}/g, (_, elements: string) => {
    return `elements = { ${elements.split(/,\s+/).sort().join(', ')} }`
  })
}
