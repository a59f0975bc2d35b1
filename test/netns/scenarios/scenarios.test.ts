import { describe, expect, it } from 'vitest'
import { readCases } from './case-file.ts'
import { IPV6_SCENARIOS } from './ipv6.ts'
import { outcomeOf, runScenario } from './run-scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const SUITES = [
  { name: 'linux datapath', cases: readCases(), scenarios: SCENARIOS },
  { name: 'linux datapath over IPv6', cases: readCases('ipv6/'), scenarios: IPV6_SCENARIOS },
]

/** What was measured on Linux 6.18, done again. */
describe.each(SUITES)('$name', ({ cases, scenarios }) => {
  it('every measured case is done again', () => {
    expect(scenarios.map(({ title }) => title).sort()).toEqual([...cases.keys()].sort())
  })

  it.each(scenarios.map(scenario => [scenario.title, scenario] as const))('%s', (title, scenario) => {
    const measured = cases.get(title)
    if (measured === undefined) throw new Error(`no case ${title}`)
    runScenario(scenario, measured)
  })

  it('watching changes nothing: the same outcomes, flows and counters without a recorder', () => {
    for (const scenario of scenarios) {
      const measured = cases.get(scenario.title)
      if (measured === undefined) continue
      expect(outcomeOf(scenario, measured, false), scenario.title).toEqual(outcomeOf(scenario, measured, true))
    }
  }, 60_000)
})
