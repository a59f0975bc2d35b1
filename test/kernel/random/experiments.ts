import fc from 'fast-check'
import type { Experiment, Step } from '../../../src/cli/kernel/experiment.ts'
import type { NamespaceConfig } from '../../../src/netns/config.ts'
import { change } from './changes.ts'
import { type Faults, faults, withFaults } from './faults.ts'
import { type Placed, probe } from './probes.ts'
import { policyRule, route } from './routes.ts'
import { ruleset } from './rules/ruleset.ts'
import { sets } from './rules/sets.ts'
import { proxyOf, type Services, services } from './services.ts'
import { hostSysctls, nodeSysctls, STEADY, type Sysctls } from './sysctls.ts'
import { configsOf, hostsOf, type Topology, topology } from './topology.ts'
import { sometimes } from './universe.ts'

interface Parts {
  readonly topology: Topology
  readonly nodes: readonly NodeParts[]
  readonly hosts: readonly { readonly sysctls: Sysctls }[]
  readonly services: Services | undefined
  readonly faults: Faults
  readonly steps: readonly Placed<Step>[]
}

interface NodeParts {
  readonly sysctls: Sysctls
  readonly rules: string | undefined
  readonly sets: string
  readonly routes: readonly string[]
  readonly policy: readonly string[]
}

const parts: fc.Arbitrary<Parts> = fc.record({
  topology,
  nodes: fc.array(
    fc.record({
      sysctls: nodeSysctls,
      rules: sometimes(ruleset, 0.7),
      sets,
      routes: fc.array(route, { maxLength: 2 }).map(lines => (lines.length === 2 ? lines : [])),
      policy: sometimes(policyRule, 0.15).map(line => (line === undefined ? [] : [line])),
    }),
    { minLength: 3, maxLength: 3 },
  ),
  hosts: fc.array(fc.record({ sysctls: hostSysctls }), { minLength: 2, maxLength: 2 }),
  services: sometimes(services, 0.5),
  faults,
  steps: fc.array(fc.oneof({ weight: 5, arbitrary: probe }, { weight: 1, arbitrary: change }), {
    minLength: 2,
    maxLength: 10,
    size: 'max',
  }),
})

/** A world and what happens in it: what both the kernel and the simulator can build. */
export const experiment: fc.Arbitrary<Experiment> = parts.map(assemble)

function assemble(all: Parts): Experiment {
  const hosts = hostsOf(all.topology)
  const configs = configsOf(all.topology).map(config => {
    const node = Number(/^n(\d)$/.exec(config.name)?.[1] ?? 0)
    const own = node === 0 ? hostConfig(all, config) : nodeConfig(all, config, node)
    return { ...own, sysctls: withExisting(own) }
  })
  const steps = [
    ...all.topology.pods.flatMap((_, i) => waysOf(all.nodes[i], `n${i + 1}`)),
    ...all.steps.map(step => placeStep(step, hosts, all.topology.pods.length)),
  ]
  const named = withFaults(configs, all.faults)
  return { title: 'random', configs: named, steps: steps.map(step => withPorts(step, named)) }
}

/** Routes and rules of a node are asked for one by one: what Linux refuses is refused in both worlds, and the rest goes on. */
function waysOf(own: NodeParts | undefined, ns: string): Step[] {
  if (own === undefined) return []
  return [
    ...own.routes.map((line): Step => ({ kind: 'route', ns, action: 'add', line })),
    ...own.policy.map((line): Step => ({ kind: 'rule', ns, action: 'add', line })),
  ]
}

function nodeConfig(all: Parts, config: NamespaceConfig, node: number): NamespaceConfig {
  const own = all.nodes[node - 1]
  if (own === undefined) throw new Error(`no parts for node ${node}`)
  const proxy = all.services === undefined ? null : proxyOf(all.services, all.topology, node)
  return {
    ...config,
    sysctls: [...STEADY, ...config.sysctls, ...(proxy?.sysctls ?? []), ...own.sysctls],
    ipsets: [own.sets],
    iptables: [
      ...(proxy?.iptables ?? []),
      ...config.iptables,
      ...(own.rules === undefined || own.rules === ''
        ? []
        : [{ family: 4 as const, text: substitute(own.rules, config), source: 'random' }]),
    ],
  }
}

function hostConfig(all: Parts, config: NamespaceConfig): NamespaceConfig {
  const own = all.hosts[config.name.startsWith('p1') ? 0 : 1]
  return { ...config, sysctls: [...STEADY, ...config.sysctls, ...(config.name === 'r' ? [] : (own?.sysctls ?? []))] }
}

/** Settings of devices that the namespace does not have are left out. */
function withExisting(config: NamespaceConfig): Sysctls {
  return config.sysctls.filter(([name]) => {
    const device = /^net\.ipv4\.(?:conf|neigh)\.(eth0|cni0)\./.exec(name)?.[1]
    return device === undefined || config.links.some(link => link.name === device)
  })
}

function placeStep(step: Placed<Step>, hosts: readonly string[], nodes: number): Step {
  const { at, ...rest } = step
  const name = at >= 1000 ? `n${((at - 1000) % nodes) + 1}` : (hosts[at % hosts.length] ?? 'n1')
  return 'from' in rest ? { ...rest, from: name } : 'ns' in rest ? { ...rest, ns: name } : rest
}

function withPorts(step: Step, configs: readonly NamespaceConfig[]): Step {
  if (step.kind !== 'rules') return step
  const config = configs.find(({ name }) => name === step.ns)
  return config === undefined ? step : { ...step, text: substitute(step.text, config) }
}

/** Rules are made apart from worlds: `@port0` is the first port of the node's bridge, `@mac0` the address behind it. */
function substitute(text: string, config: NamespaceConfig): string {
  const ports = config.links.filter(link => link.kind === 'veth')
  return text
    .replace(/@port(\d)/g, (_, index: string) => ports[Number(index)]?.name ?? `veth${index}`)
    .replace(/@mac(\d)/g, (_, index: string) => `02:00:00:00:01:0${index}`)
}
