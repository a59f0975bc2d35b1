import { cpus } from 'node:os'
import { KubehopError } from '../../errors.ts'
import { NPBENCH_SIZES } from '../bench/npbench/generate-cluster.ts'
import { type NpbenchResult, runNpbench } from '../bench/npbench/run-npbench.ts'
import { writeOut } from '../write-out.ts'

interface NpbenchOptions {
  /** Numbers of pods; the sizes are named by them. */
  readonly size: readonly number[]
  readonly runs: number
  readonly seed: number
  readonly output?: string
}

/** `kubehop bench npbench --size s|m|l|xl`. */
export async function npbenchCommand(options: NpbenchOptions): Promise<number> {
  const sizes = Object.entries(NPBENCH_SIZES)
  const wanted = options.size.length === 0 ? [NPBENCH_SIZES.s.pods] : options.size
  const results: NpbenchResult[] = []
  for (const pods of wanted) {
    const found = sizes.find(([, size]) => size.pods === pods)
    if (found === undefined)
      throw new KubehopError('KH_USAGE', `npbench has the sizes ${sizes.map(([name]) => name).join(', ')}`)
    for (const result of runNpbench(found[0], found[1], options.runs, options.seed)) {
      results.push(result)
      if (options.output !== 'json') await writeOut(line(result))
    }
  }
  const machine = `${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}`
  const report = { machine, node: process.version, seed: options.seed, results }
  await writeOut(
    options.output === 'json'
      ? `${JSON.stringify(report, null, 2)}\n`
      : `${machine}, Node ${process.version}, seed ${options.seed}\n`,
  )
  return 0
}

function line({
  name,
  size,
  medianSeconds,
  p99Seconds = 0,
  cpuSeconds = 0,
  peakMiB,
  ratio,
  note = '',
}: NpbenchResult): string {
  const times = `median ${time(medianSeconds)}, p99 ${time(p99Seconds)}, CPU ${time(cpuSeconds)}`
  return `${name.padEnd(22)} ${size.padEnd(8)} ${times}, RSS ${peakMiB} MiB${ratio === undefined ? '' : `, ${ratio.toFixed(0)}× faster than the reference`}  ${note}\n`
}

function time(seconds: number): string {
  return seconds >= 1
    ? `${seconds.toFixed(2)} s`
    : seconds >= 1e-3
      ? `${(seconds * 1e3).toFixed(1)} ms`
      : `${(seconds * 1e6).toFixed(2)} µs`
}
