import { describe, expect, test } from 'vitest'
import { runRandom } from './random/run-random.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('random experiments')

/** `npm run kernel -- --runs 10000 --seed N` does more of them, and shrinks what disagrees. */
const RUNS = Number(process.env.KUBEHOP_KERNEL_RUNS ?? 200)
const SEED = Number(process.env.KUBEHOP_KERNEL_SEED ?? 12_000)
const WORKERS = 4

describe.skipIf(!ready)('random worlds', () => {
  test('every packet, counter, flow and neighbour is what the kernel shows', { timeout: 600_000 }, async () => {
    const { agreed, endless, done, disagreements, coverage } = await runRandom({
      seed: SEED,
      runs: RUNS,
      workers: WORKERS,
      maxDisagreements: 3,
      shrink: false,
    })
    expect(disagreements.map(({ comparison }) => comparison.text).join('\n\n')).toBe('')
    expect(agreed + endless).toBe(done)
    for (const common of [
      'frame TCP',
      'frame UDP',
      'frame VXLAN',
      'target DROP',
      'target DNAT',
      'match conntrack hit',
    ]) {
      expect(coverage.counts.get(common) ?? 0, common).toBeGreaterThan(0)
    }
  })
})
