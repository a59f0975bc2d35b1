import { HOOK_NAMES, type NetNamespace } from '../../netns/index.ts'
import type { ChainView, RuleView } from './chain-view.ts'

/** Chains of iptables or ip6tables, table by table. */
export function iptablesChains(ns: NetNamespace, family: 4 | 6): ChainView[] {
  return ns.netfilter.tables(family).flatMap(table =>
    table.ordered().map(
      (chain): ChainView => ({
        type: 'chain',
        table: table.name,
        name: chain.name,
        hook: chain.hook === -1 ? null : HOOK_NAMES[chain.hook],
        policy: chain.hook === -1 ? null : chain.policyDrop ? 'DROP' : 'ACCEPT',
        rules: chain.rules.map((rule, i): RuleView => {
          const { chain: next } = rule.target
          return {
            index: i + 1,
            text: `-A ${chain.name}${rule.spec === '' ? '' : ` ${rule.spec}`}`,
            comment: rule.comment,
            target: rule.target.name,
            jumps: next === null ? [] : [next],
            sets: [...rule.spec.matchAll(/--match-set (\S+)/g)].flatMap(match => match[1] ?? []),
            packets: chain.packets(i),
            bytes: chain.bytes(i),
            ref: chain.ref(table.name, rule, i),
          }
        }),
      }),
    ),
  )
}
