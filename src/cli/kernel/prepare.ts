import type { LinkConfig, NamespaceConfig } from '../../netns/config.ts'
import type { Mac } from '../../wire/mac.ts'
import type { Experiment, Step } from './experiment.ts'

/** Patience of a program that says nothing else, in milliseconds. */
export const PATIENCE = 60

/**
 * VXLAN takes its source port from a hash, out of this range: with one port in it (the last is never taken) every packet between
 * two nodes has the same.
 */
const ONE_SOURCE_PORT = ['net.ipv4.ip_local_port_range', '50000 50001'] as const

/**
 * The experiment with everything said that the worlds would choose by themselves: MACs of links, source ports and echo
 * identifiers. Random choices of rules become counted ones: `--mode random` picks every n-th packet, ports stay what they are
 * where that is possible.
 */
export function prepare(experiment: Experiment): Experiment {
  return {
    title: experiment.title,
    configs: experiment.configs.map(config => ({
      ...config,
      sysctls: config.links.some(link => link.kind === 'vxlan') ? [...config.sysctls, ONE_SOURCE_PORT] : config.sysctls,
      links: config.links.map(link => withMac(config.name, link)),
      iptables: config.iptables.map(input => ({ ...input, text: withoutChance(input.text) })),
      ...(config.nft === undefined ? {} : { nft: config.nft.map(withoutChance) }),
    })),
    steps: experiment.steps.map(prepareStep),
  }
}

function prepareStep(step: Step, index: number): Step {
  switch (step.kind) {
    case 'udp':
    case 'tcp':
      return { sport: 40_000 + index, size: 4, patience: PATIENCE, ...step }
    case 'ping':
      return { id: 1000 + index, size: 56, patience: PATIENCE, ...step }
    case 'rules':
      return { ...step, text: withoutChance(step.text) }
    default:
      return step
  }
}

/** Replaces what a rule leaves to chance by what both worlds do alike. */
export function withoutChance(text: string): string {
  return text
    .replace(/--mode random (?:! )?--probability ([0-9.]+)/g, (_, share: string) => {
      const every = Math.max(1, Math.round(1 / Math.max(Number(share), 1e-6)))
      return `--mode nth --every ${every} --packet 0`
    })
    .replace(/numgen random/g, 'numgen inc')
    .replace(/ fully-random/g, '')
    .replace(/ --random-fully/g, '')
    .replace(/ --random(?=\s|$)/gm, '')
}

function withMac(namespace: string, link: LinkConfig): LinkConfig {
  if (link.kind === 'ipip') return link
  const named = { ...link, mac: link.mac ?? macOf(namespace, link.name) }
  if (named.kind !== 'veth') return named
  const { peer } = named
  return { ...named, peer: { ...peer, mac: peer.mac ?? macOf(peer.namespace, peer.name) } }
}

/** A locally administered address that follows from the names (FNV-1a). */
function macOf(namespace: string, device: string): Mac {
  let hash = 0x811c9dc5
  for (const char of `${namespace} ${device}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0
  return (0x02a0_0000_0000 + hash) as Mac
}

/** Names of all namespaces that the configurations speak of, segments left out. */
export function namespacesOf(configs: readonly NamespaceConfig[]): readonly string[] {
  const names = new Set(configs.map(config => config.name))
  for (const { links } of configs) for (const link of links) if (link.kind === 'veth') names.add(link.peer.namespace)
  return [...names]
}

/** Whether IPv6 is on, with its chatter: reports of groups teach bridges where machines are. */
export function usesIpv6(config: NamespaceConfig): boolean {
  return !config.sysctls.some(([name, value]) => name === 'net.ipv6.conf.all.disable_ipv6' && value === '1')
}
