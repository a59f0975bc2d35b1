/** Rules of one node in the measurements: what kube-proxy writes, reduced to one Service. */
export interface KubeRules {
  readonly protocol?: 'udp' | 'tcp'
  /** `ADDRESS:PORT` of the Service 10.96.0.10:80; none when left out. */
  readonly endpoints?: readonly string[]
  /** Mark traffic of a pod to itself (default), or not. */
  readonly hairpinMasq?: boolean
  /** Mark traffic from outside the pod network (default), or not. */
  readonly clusterMasq?: boolean
  /** NodePort 30080 with externalTrafficPolicy Cluster, Local, or Cluster without its mark. */
  readonly nodePort?: 'Cluster' | 'Local' | 'nomasq'
  /** Endpoints on this node, for Local. */
  readonly localEndpoints?: readonly string[]
  /** `-m recent` session affinity. */
  readonly affinity?: boolean
  /** MASQUERADE of pods to the outside (default), or not. */
  readonly podMasq?: boolean
  /** Default true. */
  readonly randomFully?: boolean
  /** `-j MARK --xor-mark` before MASQUERADE (default), or not. */
  readonly xorMark?: boolean
  readonly tables?: ExtraRules
}

/** Lines of a table that come before all others of their chain, and policies such as `FORWARD DROP`. */
export interface ExtraRules {
  readonly raw?: readonly string[]
  readonly mangle?: readonly string[]
  readonly nat?: readonly string[]
  readonly filter?: readonly string[]
  readonly policy?: string
  /** The filter table has nothing else. */
  readonly only?: boolean
}

/** All four tables with a Service. */
export function kubeRules(options: KubeRules = {}): string {
  return tables({ nat: natRules(options), filter: FILTER }, options.tables)
}

/** All four tables without Services: conntrack is on, nat is empty. */
export function plainRules(extra?: ExtraRules): string {
  return tables({ nat: [], filter: FILTER }, extra)
}

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** A rule that needs conntrack, in a chain that nobody jumps to. */
const CONNTRACK_ON = [':KUBE-FORWARD - [0:0]', '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP']

const FILTER = [
  ':KUBE-FORWARD - [0:0]',
  '-A FORWARD -j KUBE-FORWARD',
  '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
  '-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT',
  '-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
]

/** The four tables, each with `extra` first. */
export function tables(
  lines: { readonly nat: readonly string[]; readonly filter: readonly string[] },
  extra: ExtraRules = {},
): string {
  const all: Readonly<Record<string, readonly string[]>> = {
    raw: extra.raw ?? [],
    mangle: extra.mangle ?? [],
    nat: [...(extra.nat ?? []), ...lines.nat],
    filter: [...(extra.filter ?? []), ...(extra.only === true ? CONNTRACK_ON : lines.filter)],
  }
  const policy = (chain: string): string => (extra.policy === `${chain} DROP` ? 'DROP' : 'ACCEPT')
  return Object.entries(all)
    .map(([name, rules]) => {
      const builtIn = (CHAINS[name] ?? []).map(
        chain => `:${chain} ${name === 'filter' ? policy(chain) : 'ACCEPT'} [0:0]`,
      )
      const chains = rules.filter(rule => rule.startsWith(':'))
      return [`*${name}`, ...builtIn, ...chains, ...rules.filter(rule => !rule.startsWith(':')), 'COMMIT', ''].join(
        '\n',
      )
    })
    .join('')
}

function natRules(options: KubeRules): readonly string[] {
  const { protocol = 'udp', nodePort } = options
  const port = `-p ${protocol} -m ${protocol} --dport`
  const random = options.randomFully === false ? '' : ' --random-fully'
  const service = options.endpoints === undefined ? [] : serviceRules(options, options.endpoints, port)
  return [
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-NODEPORTS - [0:0]',
    ':KUBE-POSTROUTING - [0:0]',
    ':KUBE-MARK-MASQ - [0:0]',
    '-A PREROUTING -j KUBE-SERVICES',
    '-A OUTPUT -j KUBE-SERVICES',
    '-A POSTROUTING -j KUBE-POSTROUTING',
    ...(options.podMasq === false ? [] : [`-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE${random}`]),
    ...service,
    ...(nodePort === undefined ? [] : [`-A KUBE-NODEPORTS ${port} 30080 -j KUBE-EXT-A`]),
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    ...(options.xorMark === false ? [] : ['-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0']),
    `-A KUBE-POSTROUTING -j MASQUERADE${random}`,
  ]
}

function serviceRules(options: KubeRules, endpoints: readonly string[], port: string): readonly string[] {
  const { nodePort, localEndpoints = [] } = options
  const sep = (endpoint: string): string => `KUBE-SEP-${Math.max(0, endpoints.indexOf(endpoint))}`
  const seen = (endpoint: string, match: string): string => ` -m recent --name ${sep(endpoint)} ${match}`
  const jumps = (chain: string, to: readonly string[]): readonly string[] =>
    to.map((endpoint, i) => {
      const left = to.length - i
      const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`
      return `-A ${chain}${chance} -j ${sep(endpoint)}`
    })
  return [
    ':KUBE-SVC-A - [0:0]',
    `-A KUBE-SERVICES -d 10.96.0.10/32 ${port} 80 -j KUBE-SVC-A`,
    ...(options.clusterMasq === false
      ? []
      : [`-A KUBE-SVC-A ! -s 10.244.0.0/16 -d 10.96.0.10/32 ${port} 80 -j KUBE-MARK-MASQ`]),
    ...(options.affinity === true
      ? endpoints.map(
          endpoint => `-A KUBE-SVC-A${seen(endpoint, '--rcheck --seconds 10800 --reap')} -j ${sep(endpoint)}`,
        )
      : []),
    ...jumps('KUBE-SVC-A', endpoints),
    ...endpoints.flatMap(endpoint => [
      `:${sep(endpoint)} - [0:0]`,
      ...(options.hairpinMasq === false
        ? []
        : [`-A ${sep(endpoint)} -s ${endpoint.split(':')[0]}/32 -j KUBE-MARK-MASQ`]),
      `-A ${sep(endpoint)}${options.affinity === true ? seen(endpoint, '--set') : ''} ${port.replace(/ -m.*/, '')} -j DNAT --to-destination ${endpoint}`,
    ]),
    ...(nodePort === undefined ? [] : [':KUBE-EXT-A - [0:0]']),
    ...(nodePort === 'Cluster' ? ['-A KUBE-EXT-A -j KUBE-MARK-MASQ', '-A KUBE-EXT-A -j KUBE-SVC-A'] : []),
    ...(nodePort === 'nomasq' ? ['-A KUBE-EXT-A -j KUBE-SVC-A'] : []),
    ...(nodePort === 'Local'
      ? [':KUBE-SVL-A - [0:0]', '-A KUBE-EXT-A -j KUBE-SVL-A', ...jumps('KUBE-SVL-A', localEndpoints)]
      : []),
  ]
}
