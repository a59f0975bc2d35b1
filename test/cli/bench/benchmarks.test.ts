import { describe, expect, it } from 'vitest'
import { BENCHMARKS, measureOverUdp, runBenchmark, withRatio } from '../../../src/cli/bench/index.ts'

describe('the benchmarks', () => {
  it('have names of their own', () => {
    const names = BENCHMARKS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  // They throw when a packet does not arrive, a trace is not delivered, a branch is missing.
  it.each(BENCHMARKS.map(benchmark => [benchmark.name, benchmark] as const))(
    '%s does what it measures',
    (_, benchmark) => {
      const prepared = benchmark.prepare(3, 1)
      for (let round = 0; round < 2; round++) {
        prepared.run(2)
        prepared.reset?.()
      }
      expect(prepared.units ?? benchmark.times).toBeGreaterThan(0)
    },
  )

  it('tell how the cost of a unit grows with the size', () => {
    const [benchmark] = BENCHMARKS
    if (benchmark === undefined) throw new Error('there is none')
    const few = { ...benchmark, times: 5 }
    const small = runBenchmark(few, 2, 1, 1)
    expect(withRatio(small, undefined)).toBe(small)
    const scaled = withRatio({ ...small, size: 20, cpuSeconds: 3 * small.cpuSeconds, units: 2 * small.units }, small)
    expect(scaled).toMatchObject({ ratio: 1.5, against: `${few.name} 2` })
  })

  it('ask the DNS server over UDP, and are answered', async () => {
    const result = await measureOverUdp(10, 1, 1)
    expect(result.name).toMatch(/^dns-udp-(dnsperf|loop)$/)
    expect(result.perSecond).toBeGreaterThan(0)
    expect(result.cpuSeconds).toBeGreaterThan(0)
  }, 30_000)
})
