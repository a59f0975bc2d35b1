import type { NamespaceConfig } from '../netns/config.ts'
import { labName, shortNames } from './lab-names.ts'
import { type LabNamespace, planLab, segmentNamespace } from './lab-plan.ts'
import { CLIENT_PY, SERVER_PY } from './programs.ts'
import { renderReadme } from './readme.ts'
import { downScript, probeScript, upScript } from './scripts.ts'

/** A question that the lab can be asked, with what the simulator saw. */
export interface LabProbe {
  /** Name of the asking namespace's configuration. */
  readonly from: string
  readonly to: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** What the program learns: `ok`, `timeout`, or an errno. */
  readonly result: string
  /** In the words of the cluster: `pod/client → svc/web:80`. */
  readonly title: string
  /** The trace as text. */
  readonly transcript: string
}

export interface LabFile {
  readonly path: string
  readonly text: string
  readonly executable: boolean
}

export interface LabInput {
  /** Name of the cluster. */
  readonly cluster: string
  readonly configs: readonly NamespaceConfig[]
  readonly probes: readonly LabProbe[]
}

/**
 * The configurations as a folder that builds the same in the network namespaces of a Linux machine: scripts, and the input of
 * `ip`, `bridge`, `ipset`, `iptables-restore`, `nft` and `ipvsadm` for each namespace.
 */
export function renderLab(input: LabInput): { readonly name: string; readonly files: readonly LabFile[] } {
  const { configs, probes } = input
  const name = labName(input.cluster, configs)
  const short = shortNames(allNames(configs))
  const full = (namespace: string): string => `${name}-${short.get(namespace) ?? namespace}`
  const plan = planLab(configs, full)
  const files: LabFile[] = []
  const add = (path: string, text: string, executable = false): void => {
    if (text !== '') files.push({ path, text, executable })
  }
  add('up.sh', upScript(name, plan), true)
  add('down.sh', downScript(name), true)
  add('probe.sh', probeScript(name), true)
  add('server.py', SERVER_PY)
  add('client.py', CLIENT_PY)
  add('namespaces', lines(plan.namespaces.map(ns => `${short.get(ns.name)} ${ns.name}`)))
  add('links.batch', lines(plan.links))
  add(
    'probes',
    lines(
      probes.map(({ from, to, port, protocol, result }) => `${short.get(from)} ${to} ${port} ${protocol} ${result}`),
    ),
  )
  for (const ns of plan.namespaces) {
    for (const [file, text] of filesOf(ns)) add(`namespaces.d/${short.get(ns.name)}/${file}`, text)
  }
  add('README.md', renderReadme({ lab: name, cluster: input.cluster, configs, probes, short }))
  return { name, files }
}

function filesOf(ns: LabNamespace): readonly (readonly [file: string, text: string])[] {
  return [
    ['sysctl', lines(ns.sysctls.map(pair => pair.join(' ')))],
    ['links.batch', lines(ns.links)],
    ['sysctl.devices', lines(ns.deviceSysctls.map(pair => pair.join(' ')))],
    ['ip.batch', lines(ns.ip)],
    ['bridge.batch', lines(ns.bridge)],
    ['ipset.restore', ns.ipsets.map(withNewline).join('')],
    ...ns.iptables.map(({ family, text, source }, i) => {
      const program = family === 4 ? 'iptables' : 'ip6tables'
      return [`${program}.${i + 1}.${source.replace(/[^A-Za-z0-9-]+/g, '-')}.rules`, withNewline(text)] as const
    }),
    ...ns.nft.map((text, i) => [`nftables.${i + 1}.nft`, withNewline(text)] as const),
    ['ipvsadm.rules', ns.ipvs === '' ? '' : withNewline(ns.ipvs)],
    [
      'servers',
      lines(ns.listeners.map(l => `${l.protocol} ${l.port} ${l.address ?? '*'} ${l.program.replace(/\s+/g, ' ')}`)),
    ],
    ['devices', lines(ns.devices)],
  ]
}

function allNames(configs: readonly NamespaceConfig[]): string[] {
  const names = new Set(configs.map(config => config.name))
  for (const { links } of configs) {
    for (const link of links) {
      if (link.kind === 'veth') names.add(link.peer.namespace)
      else if (link.kind === 'physical') names.add(segmentNamespace(link.segment))
    }
  }
  return [...names]
}

function lines(list: readonly string[]): string {
  return list.map(line => `${line}\n`).join('')
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
