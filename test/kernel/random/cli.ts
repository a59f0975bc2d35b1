import { writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { parseArgs } from 'node:util'
import { type RandomResult, runRandom } from './run-random.ts'

const USAGE = `npm run kernel -- [options]   random experiments, done in the real kernel and in the simulator

  --runs N            how many (default 1000)
  --seed N            the first one's seed; experiment i has seed N+i (default: from the clock)
  --workers N         experiments under way at once (default 10; most of one is waiting)
  --disagreements N   ends after so many (default 1)
  --no-shrink         shows disagreements as they were found, and keeps none
  --no-coverage       leaves the table of what occurred out
  --write DIR         where shrunk disagreements are kept (default test/kernel/regressions)
  -o, --output json   one JSON object on standard output; everything else goes to standard error`

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '10' },
    disagreements: { type: 'string', default: '1' },
    'no-shrink': { type: 'boolean', default: false },
    'no-coverage': { type: 'boolean', default: false },
    write: { type: 'string' },
    output: { type: 'string', short: 'o', default: 'text' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const seed = number('seed', values.seed ?? String(Date.now() % 2_000_000_000), 0)
const runs = number('runs', values.runs, 1)
const json = values.output === 'json'
const terminal = process.stderr.isTTY === true
const say = json ? console.error : console.log
say(`random experiments against Linux ${release()}: seed ${seed}, ${runs} runs`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
let shown = 0
let printed = 0
const result = await runRandom({
  seed,
  runs,
  workers: number('workers', values.workers, 1),
  maxDisagreements: number('disagreements', values.disagreements, 1),
  shrink: !values['no-shrink'],
  signal: interrupted.signal,
  onProgress: so => {
    for (const found of so.disagreements.slice(printed)) tell(found)
    printed = so.disagreements.length
    if (so.seconds - shown < (terminal ? 0.5 : 30)) return
    shown = so.seconds
    const left = (runs - so.done) / (so.done / so.seconds)
    process.stderr.write(
      `${terminal ? '\r\x1b[K' : ''}${so.done}/${runs} done, ${so.disagreements.length} disagreements, ${so.failed.length} failed, ` +
        `${rate(so)}/s, ${Math.ceil(left)} s left${terminal ? '' : '\n'}`,
    )
  },
})
if (terminal) process.stderr.write('\r\x1b[K')
for (const { seed: own, why } of result.failed) say(`not set up: seed ${own}: ${why}`)
if (json) {
  const { done, agreed, again, refused, endless, packets, seconds } = result
  const report = { kernel: release(), seed, runs, done, agreed, again, refused, endless }
  const seeds = result.disagreements.map(found => found.seed)
  const coverage = Object.fromEntries([...result.coverage.counts].sort())
  const rest = {
    disagreements: seeds,
    failed: result.failed,
    packets,
    seconds,
    perSecond: Number(rate(result)),
    coverage,
  }
  console.log(JSON.stringify({ ...report, ...rest }, null, 2))
} else {
  if (!values['no-coverage']) console.log(`\ncoverage\n${result.coverage.table().join('\n')}\n`)
  console.log(
    `${result.agreed} agreements (${result.again} when repeated, ${result.refused} worlds that both refused), ${result.endless} endless, ` +
      `${result.failed.length} not set up, ${result.disagreements.length} disagreements, ${result.packets} packets, ` +
      `${rate(result)} experiments per second, seed ${seed}`,
  )
}
process.exitCode = result.disagreements.length === 0 && result.failed.length === 0 ? 0 : 1

function tell(found: RandomResult['disagreements'][number]): void {
  say(`\n--- disagreement, seed ${found.seed} ---\n${found.comparison.text}`)
  if (values['no-shrink']) return
  const row = new URL(`../regressions/seed-${found.seed}.json`, import.meta.url)
  writeFileSync(
    values.write === undefined ? row : `${values.write}/seed-${found.seed}.json`,
    `${JSON.stringify(found.experiment, null, 2)}\n`,
  )
  say(`--- written to ${values.write ?? 'test/kernel/regressions'}/seed-${found.seed}.json ---`)
}

function rate(so: RandomResult): string {
  return (so.done / so.seconds).toFixed(1)
}

function number(option: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  console.error(`--${option} ${text}: found ${text}, expected a whole number from ${least} on\n\n${USAGE}`)
  process.exit(2)
}
