interface Jump {
  readonly table: 'filter' | 'nat'
  readonly chain: string
  readonly rule: string
}

const newOnly = '-m conntrack --ctstate NEW '
const comment = (text: string): string => `-m comment --comment "${text}" `

/** The jumps of a full sync in the order in which kube-proxy ensures them; each is prepended to its chain. */
const JUMPS: readonly Jump[] = [
  {
    table: 'filter',
    chain: 'INPUT',
    rule: `${newOnly}${comment('kubernetes externally-visible service portals')}-j KUBE-EXTERNAL-SERVICES`,
  },
  {
    table: 'filter',
    chain: 'FORWARD',
    rule: `${newOnly}${comment('kubernetes externally-visible service portals')}-j KUBE-EXTERNAL-SERVICES`,
  },
  { table: 'filter', chain: 'INPUT', rule: `${comment('kubernetes health check service ports')}-j KUBE-NODEPORTS` },
  { table: 'filter', chain: 'FORWARD', rule: `${newOnly}${comment('kubernetes service portals')}-j KUBE-SERVICES` },
  { table: 'filter', chain: 'OUTPUT', rule: `${newOnly}${comment('kubernetes service portals')}-j KUBE-SERVICES` },
  { table: 'filter', chain: 'FORWARD', rule: `${comment('kubernetes forwarding rules')}-j KUBE-FORWARD` },
  {
    table: 'filter',
    chain: 'INPUT',
    rule: `${newOnly}${comment('kubernetes load balancer firewall')}-j KUBE-PROXY-FIREWALL`,
  },
  {
    table: 'filter',
    chain: 'OUTPUT',
    rule: `${newOnly}${comment('kubernetes load balancer firewall')}-j KUBE-PROXY-FIREWALL`,
  },
  {
    table: 'filter',
    chain: 'FORWARD',
    rule: `${newOnly}${comment('kubernetes load balancer firewall')}-j KUBE-PROXY-FIREWALL`,
  },
  { table: 'nat', chain: 'OUTPUT', rule: `${comment('kubernetes service portals')}-j KUBE-SERVICES` },
  { table: 'nat', chain: 'PREROUTING', rule: `${comment('kubernetes service portals')}-j KUBE-SERVICES` },
  { table: 'nat', chain: 'POSTROUTING', rule: `${comment('kubernetes postrouting rules')}-j KUBE-POSTROUTING` },
  // kubelet's own chain, which kube-proxy shares.
  { table: 'filter', chain: 'INPUT', rule: '-j KUBE-FIREWALL' },
  { table: 'filter', chain: 'OUTPUT', rule: '-j KUBE-FIREWALL' },
]

/** Chains that the jumps lead to; the sync fills them. */
const TARGETS = {
  filter: [
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-NODEPORTS',
    'KUBE-SERVICES',
    'KUBE-FORWARD',
    'KUBE-PROXY-FIREWALL',
    'KUBE-FIREWALL',
  ],
  nat: ['KUBE-SERVICES', 'KUBE-POSTROUTING'],
} as const

/**
 * `iptables-restore --noflush` input that leaves the jumps where a clean node has them after the first full sync, and the
 * empty canary chains whose disappearance tells kube-proxy that somebody flushed the rules.
 */
export function jumpRules(): string {
  const lines = ['*mangle', ':KUBE-PROXY-CANARY - [0:0]', 'COMMIT']
  for (const table of ['filter', 'nat'] as const) {
    lines.push(`*${table}`, ':KUBE-PROXY-CANARY - [0:0]', ...TARGETS[table].map(name => `:${name} - [0:0]`))
    for (const jump of JUMPS) if (jump.table === table) lines.push(`-I ${jump.chain} 1 ${jump.rule}`)
    lines.push('COMMIT')
  }
  return `${lines.join('\n')}\n`
}
