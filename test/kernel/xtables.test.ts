import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { KernelAgent } from '../../src/cli/kernel/index.ts'
import { runInKernel } from '../../src/cli/kernel/kernel-world.ts'
import { type TraceExperiment, traceExperiment } from '../../src/cli/kernel/trace/trace-experiment.ts'
import { SeededChance } from '../../src/netns/index.ts'
import { recordTraced, runExchange } from '../../src/probe/index.ts'
import { traceToXtables } from '../../src/report/index.ts'
import { exampleCluster, plainXtables, XTABLES_QUESTIONS } from '../support/xtables-questions.ts'
import { canUseKernel } from './support/requirements.ts'
import { XtablesMonitor } from './support/xtables-monitor.ts'

const ready = canUseKernel('traces of xtables-monitor', [
  'ip',
  'bridge',
  'iptables-restore',
  'xtables-monitor',
  'python3',
])
const agent = ready ? new KernelAgent() : null
/** `KUBEHOP_RECORD=1`: what the monitors printed, for where there is no kernel (test/report/xtables.test.ts). */
const recorded: { readonly what: string; readonly node: string; readonly lines: readonly string[] }[] = []
const SHORT = 60
afterAll(() => {
  agent?.stop()
  if (process.env.KUBEHOP_RECORD === undefined) return
  writeFileSync('test/report/xtables-recorded.json', `${JSON.stringify(recorded, null, 2)}\n`)
})

/** How often an exchange is done until the monitor got all of it. */
const TRIES = 8

const TRACED =
  '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-I PREROUTING 1 -j TRACE\n-I OUTPUT 1 -j TRACE\nCOMMIT\n'

/** What the monitors of the nodes print when the exchange is done in the kernel; null when one of them lost something. */
async function monitored(agent: KernelAgent, made: TraceExperiment): Promise<Map<string, string[]> | null> {
  const { experiment, nodes } = made
  const configs = experiment.configs.map(config => ({
    ...config,
    iptables: nodes.includes(config.name)
      ? [...config.iptables, { family: 4, text: TRACED, source: 'test' } as const]
      : config.iptables,
  }))
  const steps = experiment.steps.map(step =>
    step.kind === 'ping' ? { id: 1, size: 56, ...step } : { size: 4, ...step },
  )
  const monitors = new Map<string, XtablesMonitor>()
  await runInKernel(agent, { ...experiment, configs, steps }, String, async paths => {
    for (const node of nodes) monitors.set(node, new XtablesMonitor(paths[node] ?? ''))
    for (const monitor of monitors.values()) await monitor.ready()
  })
  const lines = new Map<string, string[]>()
  for (const [node, monitor] of monitors) lines.set(node, (await monitor.lines()) ?? [])
  return [...lines.values()].some(list => list.length === 0) ? null : lines
}

describe.skipIf(!ready)('-o xtables is what xtables-monitor prints', () => {
  test.each(XTABLES_QUESTIONS)('%s', async (what, example, query) => {
    if (agent === null) return
    const cluster = exampleCluster(example)
    const exchange = runExchange(cluster, query, new SeededChance(1), { misses: false, frames: false })
    const made = traceExperiment(cluster, query, exchange)
    // Its buffer is small, and its look at each rule takes time: what is lost is asked for again.
    let theirs: Map<string, string[]> | null = null
    for (let i = 0; i < TRIES && theirs === null; i++) theirs = await monitored(agent, made)
    expect(theirs).not.toBe(null)
    const ours = new Map(traceToXtables(recordTraced(cluster, query)).map(({ namespace, lines }) => [namespace, lines]))
    for (const [node, lines] of theirs ?? []) {
      expect([node, plainXtables(ours.get(node) ?? [])]).toEqual([node, plainXtables(lines)])
      if (lines.length < SHORT) recorded.push({ what, node, lines: plainXtables(lines) })
    }
  })
})
