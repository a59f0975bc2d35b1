import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { KernelAgent } from '../../src/cli/kernel/agent.ts'
import { compareWorlds } from '../../src/cli/kernel/compare-worlds.ts'
import type { Experiment } from '../../src/cli/kernel/experiment.ts'
import { SCENARIOS } from '../netns/scenarios/scenarios.ts'
import { fromScenario } from './support/from-scenario.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('experiments that once disagreed, and the measured scenarios')

/** Most of an experiment is waiting for the kernel. */
const AGENTS = 4
const agents = ready ? Array.from({ length: AGENTS }, () => new KernelAgent()) : []
afterAll(() => {
  for (const agent of agents) agent.stop()
})

const folder = new URL('regressions/', import.meta.url)

/** One file a disagreement, shrunk: an Experiment as JSON. */
const REGRESSIONS = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .sort()
  .map((name): readonly [string, Experiment] => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))])

const MEASURED = SCENARIOS.flatMap(scenario => {
  const experiment = fromScenario(scenario)
  return experiment === null ? [] : [[scenario.title, experiment] as const]
})

/** Does them with all agents at once; the texts of those that disagree, by name. */
async function disagreements(rows: readonly (readonly [string, Experiment])[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  const queue = [...rows]
  await Promise.all(
    agents.map(async agent => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
        const [name, experiment] = row
        const { agreed, text } = await compareWorlds(experiment, { agent })
        if (!agreed) texts.set(name, text)
      }
    }),
  )
  return texts
}

describe.skipIf(!ready)('the kernel and the simulator agree', () => {
  test.each([
    ['on what once was a disagreement', REGRESSIONS],
    ['on every measured scenario', MEASURED],
  ] as const)('%s', async (_name, rows) => {
    expect(rows.length).toBeGreaterThan(0)
    expect([...(await disagreements(rows)).values()].join('\n\n')).toBe('')
  })
})
