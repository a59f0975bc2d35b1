import type { Experiment, Step } from '../../../src/cli/kernel/experiment.ts'
import type { NamespaceConfig } from '../../../src/netns/config.ts'
import { STEADY } from './sysctls.ts'

/**
 * The smallest experiment on which the worlds still disagree, found by taking things away: steps, namespaces, tables, rules,
 * routes, settings. `disagree` does an experiment. At most `limit` of them are done.
 */
export async function smallest(
  experiment: Experiment,
  disagree: (candidate: Experiment) => Promise<boolean>,
  limit = 400,
): Promise<Experiment> {
  let best = experiment
  let left = limit
  const attempt = async (candidate: Experiment): Promise<boolean> => {
    if (left-- <= 0) return false
    if (!(await disagree(candidate))) return false
    best = candidate
    return true
  }
  let before = ''
  while (left > 0 && JSON.stringify(best) !== before) {
    before = JSON.stringify(best)
    await fewer(
      () => best.steps,
      steps => attempt({ ...best, steps }),
    )
    await fewer(
      () => best.configs,
      configs =>
        attempt({
          ...best,
          configs: withoutDangling(configs),
          steps: best.steps.filter(step => exists(step, configs)),
        }),
    )
    for (let i = 0; i < best.configs.length; i++) {
      const change = (edit: (config: NamespaceConfig) => NamespaceConfig): Promise<boolean> =>
        attempt({ ...best, configs: best.configs.map((config, at) => (at === i ? edit(config) : config)) })
      for (const key of ['iptables', 'ipsets', 'rules', 'routes', 'neighbours', 'fdb', 'listeners'] as const) {
        await fewer<unknown>(
          () => best.configs[i]?.[key] ?? [],
          list => change(config => ({ ...config, [key]: list })),
        )
      }
      // Settings that keep time out of the comparison stay.
      const steady = best.configs[i]?.sysctls.filter(isSteady) ?? []
      await fewer(
        () => best.configs[i]?.sysctls.filter(entry => !isSteady(entry)) ?? [],
        list => change(config => ({ ...config, sysctls: [...steady, ...list] })),
      )
      for (let j = 0; j < (best.configs[i]?.iptables.length ?? 0); j++) {
        await fewer(
          () => blocks(best.configs[i]?.iptables[j]?.text ?? ''),
          parts =>
            change(config => ({
              ...config,
              iptables: config.iptables.map((input, at) => (at === j ? { ...input, text: parts.join('') } : input)),
            })),
        )
        await fewer(
          () => (best.configs[i]?.iptables[j]?.text ?? '').split('\n'),
          lines =>
            change(config => ({
              ...config,
              iptables: config.iptables.map((input, at) => (at === j ? { ...input, text: lines.join('\n') } : input)),
            })),
        )
      }
    }
    for (let i = 0; i < best.steps.length; i++) {
      for (const key of ['ttl', 'df', 'size', 'mark', 'tos', 'src', 'sport', 'connected'] as const) {
        const step = best.steps[i]
        if (step === undefined || !(key in step)) continue
        const { [key]: _, ...rest } = step as Record<string, unknown>
        await attempt({ ...best, steps: best.steps.map((other, at) => (at === i ? (rest as unknown as Step) : other)) })
      }
    }
  }
  return best
}

/** Takes runs of elements away, long ones first. */
async function fewer<T>(current: () => readonly T[], attempt: (list: readonly T[]) => Promise<boolean>): Promise<void> {
  for (let size = Math.max(1, Math.floor(current().length / 2)); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < current().length; ) {
      const list = current()
      if (!(await attempt([...list.slice(0, at), ...list.slice(at + size)]))) at += size
    }
  }
}

function isSteady([name]: readonly [string, string]): boolean {
  return STEADY.some(([steady]) => steady === name)
}

/** Tables of `iptables-restore` input. */
function blocks(text: string): string[] {
  return text.split(/(?<=^COMMIT\n)/m)
}

function withoutDangling(configs: readonly NamespaceConfig[]): NamespaceConfig[] {
  const names = new Set(configs.map(config => config.name))
  return configs.map(config => ({
    ...config,
    links: config.links.filter(link => link.kind !== 'veth' || names.has(link.peer.namespace)),
  }))
}

function exists(step: Step, configs: readonly NamespaceConfig[]): boolean {
  const name = 'from' in step ? step.from : 'ns' in step ? step.ns : undefined
  return name === undefined || configs.some(config => config.name === name)
}
