import fc from 'fast-check'
import { KernelAgent } from '../../../src/cli/kernel/agent.ts'
import { compareWorlds } from '../../../src/cli/kernel/compare-worlds.ts'
import type { Comparison, Experiment } from '../../../src/cli/kernel/experiment.ts'
import { Coverage } from './coverage.ts'
import { experiment } from './experiments.ts'
import { smallest } from './smallest.ts'

export interface RandomRun {
  readonly seed: number
  readonly runs: number
  /** Experiments under way at once, each in a process of its own. */
  readonly workers: number
  /** After so many disagreements the run ends. */
  readonly maxDisagreements?: number
  readonly shrink?: boolean
  /** Ends the run after the experiments that are under way. */
  readonly signal?: AbortSignal
  readonly onProgress?: (so: RandomResult) => void
}

export interface Disagreement {
  readonly seed: number
  readonly experiment: Experiment
  readonly comparison: Comparison
}

export interface RandomResult {
  done: number
  agreed: number
  /** Those of them that agreed only when they were done again: timers, and a machine that was busy. */
  again: number
  /** Worlds that both refused to build. */
  refused: number
  /** Worlds in which a server answered its own answers without end: how often until the program gave up is a matter of speed. */
  endless: number
  readonly disagreements: Disagreement[]
  /** Experiments that the machine could not do, twice. */
  readonly failed: { readonly seed: number; readonly why: string }[]
  /** Frames that the kernel showed. */
  packets: number
  readonly coverage: Coverage
  seconds: number
}

/** The experiment with this seed: the same for ever, as long as the generators stay what they are. */
export function experimentOf(seed: number): Experiment {
  const [made] = fc.sample(experiment, { seed, numRuns: 1 })
  if (made === undefined) throw new Error('no experiment')
  return { ...made, title: `seed ${seed}` }
}

/** Does experiments `seed`, `seed + 1`, … in both worlds. */
export async function runRandom(options: RandomRun): Promise<RandomResult> {
  const { seed, runs, workers, maxDisagreements = 1, shrink = true, onProgress } = options
  const start = performance.now()
  const result: RandomResult = {
    done: 0,
    agreed: 0,
    again: 0,
    refused: 0,
    endless: 0,
    disagreements: [],
    failed: [],
    packets: 0,
    coverage: new Coverage(),
    seconds: 0,
  }
  let next = 0
  const work = async (): Promise<void> => {
    let agent = new KernelAgent()
    /** A process that broke down takes nothing with it: another one begins anew. */
    const compare = async (made: Experiment): Promise<Comparison | string> => {
      let why = ''
      for (let i = 0; i < 2; i++) {
        try {
          return await compareWorlds(made, { agent })
        } catch (error) {
          why = error instanceof Error ? error.message : String(error)
          agent.stop()
          agent = new KernelAgent()
        }
      }
      return why
    }
    try {
      while (next < runs && result.disagreements.length < maxDisagreements && options.signal?.aborted !== true) {
        const own = seed + next++
        const made = experimentOf(own)
        const comparison = await compare(made)
        result.done++
        result.seconds = (performance.now() - start) / 1000
        if (typeof comparison === 'string') {
          result.failed.push({ seed: own, why: comparison })
          continue
        }
        result.packets += comparison.frames
        result.coverage.add(made, comparison)
        if (Object.keys(comparison.kernel.refused).length > 0) result.refused++
        if (isEndless(comparison)) result.endless++
        else if (comparison.agreed) {
          result.agreed++
          if (comparison.times > 1) result.again++
        } else
          result.disagreements.push(
            shrink ? await shrunk(own, made, comparison, agent) : { seed: own, experiment: made, comparison },
          )
        result.seconds = (performance.now() - start) / 1000
        onProgress?.(result)
      }
    } finally {
      agent.stop()
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return result
}

/** More answers, or errors about a tunnel's errors, in one step than any exchange of these experiments has. */
const ENDLESS = 30
const ENDLESS_ERRORS = 4

function isEndless({ kernel, simulated }: Comparison): boolean {
  return [...kernel.steps, ...simulated.steps].some(
    ({ served, frames }) =>
      served.length > ENDLESS || frames.some(line => (line.match(/"ttl/g) ?? []).length >= ENDLESS_ERRORS),
  )
}

async function shrunk(seed: number, made: Experiment, first: Comparison, agent: KernelAgent): Promise<Disagreement> {
  const building = first.differences.some(({ what }) => what === 'build')
  let comparison = first
  const small = await smallest(made, async candidate => {
    const now = await compareWorlds(candidate, { agent })
    if (now.agreed || now.differences.some(({ what }) => what === 'build') !== building) return false
    comparison = now
    return true
  })
  return { seed, experiment: small, comparison }
}
