import { KernelAgent } from './agent.ts'
import type { Comparison, Difference, Experiment, Observation, Step } from './experiment.ts'
import type { PortText } from './frame-text.ts'
import { runInKernel } from './kernel-world.ts'
import { prepare, usesIpv6 } from './prepare.ts'
import { sideBySide } from './side-by-side.ts'
import { runSimulated } from './simulated-world.ts'

/**
 * A busy machine may be late, and when the kernel's timers go off between two packets is chance: a disagreement counts when it is
 * there again, also with this much more patience.
 */
const PATIENCE_AGAIN = [1, 3, 1]

let shared: KernelAgent | undefined

/** Ends the process that `compareWorlds` works with. To be called when a test file is done. */
export function stopComparing(): void {
  shared?.stop()
  shared = undefined
}

/**
 * Does an experiment in the real kernel and in the simulator, and compares what each showed. What is not compared: ports that
 * chance drew, identification, TCP sequence numbers, times, repeated ARP requests, MLD and IGMP, and
 * whether the bridge device itself showed a frame that was redirected inside it.
 */
export async function compareWorlds(
  experiment: Experiment,
  options: { readonly agent?: KernelAgent } = {},
): Promise<Comparison> {
  shared ??= options.agent === undefined ? new KernelAgent() : undefined
  const agent = options.agent ?? shared
  if (agent === undefined) throw new Error('no agent')
  let comparison = await compareOnce(agent, experiment)
  let times = 1
  for (const more of PATIENCE_AGAIN) {
    if (comparison.agreed) break
    comparison = await compareOnce(agent, withPatience(experiment, more))
    times++
  }
  return { ...comparison, times }
}

async function compareOnce(agent: KernelAgent, experiment: Experiment): Promise<Omit<Comparison, 'times'>> {
  const prepared = prepare(experiment)
  const port = portText(prepared)
  const kernel = await runInKernel(agent, prepared, port)
  const times = kernel.steps.map(step => step.at)
  const simulated = runSimulated(prepared, port, times)
  const differences = compare(prepared, kernel, simulated)
  return {
    agreed: differences.length === 0,
    differences,
    kernel,
    simulated,
    text: differences.length === 0 ? '' : sideBySide(prepared, kernel, simulated, differences),
    frames: kernel.steps.reduce((sum, step) => sum + step.frames.length, 0),
  }
}

function withPatience(experiment: Experiment, more: number): Experiment {
  const steps = experiment.steps.map((step): Step => {
    if (step.kind !== 'udp' && step.kind !== 'tcp' && step.kind !== 'ping') return step
    return { ...step, patience: (step.patience ?? 60) * more }
  })
  return { ...experiment, steps }
}

/** Numbers that the experiment names are shown, all others were drawn. */
function portText(experiment: Experiment): PortText {
  const known = new Set((JSON.stringify(experiment).match(/\b\d{1,5}\b/g) ?? []).map(Number))
  return port => (known.has(port) ? String(port) : '*')
}

function compare(experiment: Experiment, kernel: Observation, simulated: Observation): Difference[] {
  const differences: Difference[] = []
  const check = (what: string, one: readonly string[], other: readonly string[]): void => {
    if (one.length !== other.length || one.some((line, i) => line !== other[i])) {
      differences.push({ what, kernel: one, simulated: other })
    }
  }
  const refusals = (refused: Readonly<Record<string, string>>): string[] =>
    Object.keys(refused).length > 0 ? ['refused'] : []
  check('build', refusals(kernel.refused), refusals(simulated.refused))
  if (differences.length > 0 || Object.keys(kernel.refused).length > 0) return differences
  const bridges = new Set(
    experiment.configs.flatMap(({ name, links }) =>
      links.flatMap(link => (link.kind === 'bridge' ? [`${name} ${link.name}`] : [])),
    ),
  )
  const asked = { kernel: new Set<string>(), simulated: new Set<string>() }
  for (const [i, step] of kernel.steps.entries()) {
    const other = simulated.steps[i]
    if (other === undefined) throw new Error('the worlds did different steps')
    check(`step ${i} result`, [step.result], [other.result])
    check(`step ${i} served`, [...step.served].sort(), [...other.served].sort())
    const one = byTap(step.frames, asked.kernel)
    const two = byTap(other.frames, asked.simulated)
    for (const tap of [...new Set([...one.keys(), ...two.keys()])].sort()) {
      let left = one.get(tap) ?? []
      let right = two.get(tap) ?? []
      if (bridges.has(tap)) [left, right] = withoutOwnOutput(left, right)
      if (!alikeEachWay(left, right))
        differences.push({ what: `step ${i} frames ${tap}`, kernel: left, simulated: right })
    }
  }
  for (const part of ['counters', 'conntrack', 'neighbours'] as const) {
    for (const key of Object.keys(kernel[part]))
      check(`${part} ${key}`, kernel[part][key] ?? [], simulated[part][key] ?? [])
  }
  // With IPv6 machines report their groups, and bridges learn where they are although nobody sent anything.
  const reports = experiment.configs.some(usesIpv6)
  for (const [key, entries] of Object.entries(kernel.fdb)) {
    const other = simulated.fdb[key] ?? []
    const known = entries.filter(line => !reports || line.endsWith(' permanent') || other.includes(line))
    check(`fdb ${key}`, known, other)
  }
  return differences
}

/** Frames by namespace and device. An ARP request that is repeated while nobody answers is shown once. */
function byTap(frames: readonly string[], asked: Set<string>): Map<string, string[]> {
  const taps = new Map<string, string[]>()
  for (const line of frames) {
    const [ns, dev, ...rest] = line.split(' ')
    if (line.includes(' ARP who-has ')) {
      if (asked.has(line)) continue
      asked.add(line)
    }
    const tap = `${ns} ${dev}`
    const list = taps.get(tap)
    if (list === undefined) taps.set(tap, [rest.join(' ')])
    else list.push(rest.join(' '))
  }
  return taps
}

/**
 * What left, what arrived and what belongs to ARP are each compared in order. How they are interleaved is a matter of when the
 * kernel works on its queues: a program's second fragment may leave before or after the answer to the first one arrived.
 */
function alikeEachWay(one: readonly string[], other: readonly string[]): boolean {
  const way = (line: string): string => (line.includes(' ARP ') ? 'ARP' : line.startsWith('Out ') ? 'out' : 'in')
  return (
    one.length === other.length &&
    ['ARP', 'out', 'in'].every(kind => {
      const theirs = other.filter(line => way(line) === kind)
      return one.filter(line => way(line) === kind).every((line, i) => line === theirs[i])
    })
  )
}

/**
 * A bridged packet that DNAT sent to another port passes the bridge device's own output or not, depending on whether the
 * neighbour's header is cached. Frames that only one world has there are left out.
 */
function withoutOwnOutput(one: readonly string[], other: readonly string[]): [string[], string[]] {
  const own = (line: string): boolean => line.startsWith('Out ') && !line.includes(' ARP ')
  return [
    one.filter(line => !own(line) || other.includes(line)),
    other.filter(line => !own(line) || one.includes(line)),
  ]
}
