const JUMPS = [
  ['nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'],
  ['nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'],
  ['nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'],
  ['filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'],
  ['filter', 'INPUT', 'KUBE-NODE-PORT', 'kubernetes health check rules'],
  ['filter', 'INPUT', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'],
  ['filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'],
  ['filter', 'INPUT', 'KUBE-IPVS-FILTER', 'kubernetes ipvs access filter'],
  ['filter', 'OUTPUT', 'KUBE-IPVS-OUT-FILTER', 'kubernetes ipvs access filter'],
] as const

/** `iptables-restore --noflush` input that leaves the jumps of IPVS mode on a clean node; each is prepended in turn. */
export function ipvsJumpRules(): string {
  const lines: string[] = []
  for (const table of ['nat', 'filter'] as const) {
    const jumps = JUMPS.filter(([of]) => of === table)
    lines.push(`*${table}`, ...[...new Set(jumps.map(([, , to]) => to))].map(chain => `:${chain} - [0:0]`))
    for (const [, chain, to, text] of jumps) lines.push(`-I ${chain} 1 -m comment --comment "${text}" -j ${to}`)
    lines.push('COMMIT')
  }
  return `${lines.join('\n')}\n`
}
