import { describe, expect, it } from 'vitest'
import { readCases } from './case-file.ts'
import { runScenario } from './run-scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const CASES = readCases()

/** What was measured on Linux 6.18, done again. */
describe('linux datapath', () => {
  it('every measured case is done again', () => {
    expect(SCENARIOS.map(({ title }) => title).sort()).toEqual([...CASES.keys()].sort())
  })

  it.each(SCENARIOS.map(scenario => [scenario.title, scenario] as const))('%s', (title, scenario) => {
    const measured = CASES.get(title)
    if (measured === undefined) throw new Error(`no case ${title}`)
    runScenario(scenario, measured)
  })
})
