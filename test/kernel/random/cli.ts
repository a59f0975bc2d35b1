import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runRandom } from './run-random.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '6' },
    disagreements: { type: 'string', default: '1' },
    'no-shrink': { type: 'boolean', default: false },
    'no-coverage': { type: 'boolean', default: false },
    write: { type: 'string' },
  },
})
const seed = values.seed === undefined ? Date.now() % 2_000_000_000 : Number(values.seed)
const runs = Number(values.runs)
console.log(`random experiments against the kernel: seed ${seed}, ${runs} runs`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
let shown = 0
let printed = 0
const result = await runRandom({
  seed,
  runs,
  workers: Number(values.workers),
  maxDisagreements: Number(values.disagreements),
  shrink: !values['no-shrink'],
  signal: interrupted.signal,
  onProgress: so => {
    for (; printed < so.disagreements.length; printed++) {
      const found = so.disagreements[printed]
      if (found === undefined) continue
      console.log(`\n--- disagreement, seed ${found.seed} ---\n${found.comparison.text}`)
      const row = new URL(`../regressions/seed-${found.seed}.json`, import.meta.url)
      const text = `${JSON.stringify(found.experiment, null, 2)}\n`
      if (values['no-shrink']) continue
      writeFileSync(values.write === undefined ? row : `${values.write}/seed-${found.seed}.json`, text)
      console.log(`--- written to ${values.write ?? 'test/kernel/regressions'}/seed-${found.seed}.json ---`)
    }
    const terminal = process.stderr.isTTY === true
    if (so.seconds - shown < (terminal ? 0.5 : 30)) return
    shown = so.seconds
    process.stderr.write(
      `${terminal ? '\r' : ''}${so.done}/${runs} done, ${so.disagreements.length} disagreements, ${(so.done / so.seconds).toFixed(1)}/s${terminal ? ' ' : '\n'}`,
    )
  },
})
if (!values['no-coverage']) console.log(`\ncoverage\n${result.coverage.table().join('\n')}`)
console.log(
  `\n${result.agreed} agreements (${result.refused} worlds that both refused), ${result.endless} endless, ${result.disagreements.length} disagreements, ` +
    `${result.packets} packets, ${(result.done / result.seconds).toFixed(1)} experiments per second, seed ${seed}`,
)
process.exitCode = result.disagreements.length === 0 ? 0 : 1
