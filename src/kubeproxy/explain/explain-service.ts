import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import { endpointsKey } from '../endpoints.ts'
import { type KubeProxyPlan, type ProxyState, planKubeProxy } from '../plan.ts'
import { ipsetInWords, ipvsInWords } from './ipvs-in-words.ts'
import { nftInWords } from './nft-in-words.ts'
import { ruleInWords } from './rule-in-words.ts'
import { type TrafficShare, trafficShares } from './traffic-shares.ts'

/** A rule of a Service, with what it means. */
export interface ExplainedRule {
  readonly rule: string
  readonly words: string
}

/** One port of a Service on one node, in one family. */
export interface ExplainedPort {
  readonly family: 4 | 6
  /** `namespace/name:port`. */
  readonly port: string
  readonly protocol: string
  readonly shares: readonly TrafficShare[]
}

export interface ExplainedService {
  readonly ports: readonly ExplainedPort[]
  readonly rules: readonly ExplainedRule[]
}

/** Chains that all Services share: of their rules only those with the Service's name are its own. */
const COMMON =
  /^(?:KUBE-POSTROUTING|KUBE-MARK-MASQ|KUBE-MARK-DROP|KUBE-FORWARD|KUBE-FIREWALL|INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)$/

/**
 * What kube-proxy of a node writes for one Service, as if it were the only one, and what that does. Rules that every node has
 * anyway are left out.
 */
export function explainService(
  state: ProxyState,
  node: ProxyNode,
  config: KubeProxyConfig,
  families: readonly (4 | 6)[],
  namespace: string,
  name: string,
): ExplainedService {
  const own = (family: 4 | 6) =>
    state.services[family].filter(info => info.namespace === namespace && info.name === name)
  const alone: ProxyState = { services: { 4: own(4), 6: own(6) }, endpoints: state.endpoints }
  const nobody: ProxyState = { services: { 4: [], 6: [] }, endpoints: state.endpoints }
  const ports = families.flatMap(family =>
    own(family).map(info => {
      const key = endpointsKey(info.namespace, info.name, info.portName, info.protocol)
      const endpoints = state.endpoints[family].get(key) ?? []
      return {
        family,
        port: info.id,
        protocol: info.protocol,
        shares: trafficShares(info, endpoints, node, config, family),
      }
    }),
  )
  const always = new Set(linesOf(planKubeProxy(nobody, node, config, families)))
  // Proxies in user space share out ports among all Services.
  const among = config.mode === 'userspace' ? state : alone
  const names = ports.map(({ port }) => `--comment "${port}"`)
  const isOwn = (line: string): boolean => among === alone || names.some(comment => line.includes(comment))
  const lines = linesOf(planKubeProxy(among, node, config, families))
  const rules = lines
    .filter(line => !always.has(line) && isOwn(line))
    .map(rule => ({ rule, words: inWords(rule, lines) }))
  return { ports, rules }
}

function inWords(line: string, lines: readonly string[]): string {
  if (line.startsWith('-A KUBE-')) return ruleInWords(line)
  if (line.startsWith('add KUBE-')) return ipsetInWords(line)
  return line.startsWith('add ') ? nftInWords(line) : ipvsInWords(line, lines)
}

/** Rules, set members, virtual servers and statements of nft, one a line. */
function linesOf(plan: KubeProxyPlan): string[] {
  const lines: string[] = []
  for (const { text } of plan.iptables) {
    for (const line of text.split('\n')) {
      if (line.startsWith('-A ') && !COMMON.test(line.split(' ')[1] ?? '')) lines.push(line)
    }
  }
  for (const text of [...plan.ipsets, plan.ipvs, ...plan.nft]) {
    for (const line of text.split('\n')) if (/^(?:add (?!table|chain)|-[Aa] )/.test(line)) lines.push(line)
  }
  return lines
}
