import { HOOK_NAMES, type NetNamespace, nftElementText, nftPriority } from '../../netns/index.ts'
import type { ChainView, RuleView } from './chain-view.ts'

type Table = NetNamespace['nft']['tables'][number]

/** Sets, maps and chains of nftables, table by table. */
export function nftChains(ns: NetNamespace): ChainView[] {
  return ns.nft.tables.flatMap(table => [...setsOf(table, ns.sim.now), ...chainsOf(table)])
}

function chainsOf(table: Table): ChainView[] {
  return [...table.chains.values()].map(({ name, base, rules }) => ({
    type: 'chain',
    table: table.key,
    name,
    hook:
      base === null ? null : `${HOOK_NAMES[base.hook].toLowerCase()} priority ${nftPriority(base.priority, base.hook)}`,
    policy: base === null ? null : base.policyDrop ? 'drop' : 'accept',
    rules: rules.map((rule, i) => {
      const { text, spec } = rule
      const counter = /\bcounter packets (\d+) bytes (\d+)/.exec(rule.print())
      return view(
        table.key,
        name,
        i,
        text,
        spec.comment,
        rule.verdict,
        Number(counter?.[1] ?? 0),
        Number(counter?.[2] ?? 0),
      )
    }),
  }))
}

function setsOf(table: Table, now: number): ChainView[] {
  return [...table.sets.values()].map(set => ({
    type: 'set',
    table: table.key,
    name: set.name,
    hook: null,
    policy: null,
    rules: [...set.store.values()]
      .filter(({ expires }) => expires === 0 || expires > now)
      .map((element, i) => {
        const { packets = 0, bytes = 0 } = element.counter ?? {}
        return view(
          table.key,
          set.name,
          i,
          nftElementText(set.spec, element, now),
          element.comment,
          null,
          packets,
          bytes,
        )
      }),
  }))
}

function view(
  table: string,
  chain: string,
  i: number,
  text: string,
  comment: string | null,
  target: string | null,
  packets: number,
  bytes: number,
): RuleView {
  // What a comment says is not a jump.
  const said = text.replace(/ comment "[^"]*"/, '')
  const words = (pattern: RegExp): string[] => [...said.matchAll(pattern)].flatMap(match => match[1] ?? [])
  const index = i + 1
  return {
    index,
    text,
    comment,
    target,
    jumps: words(/\b(?:jump|goto) ([^\s,}]+)/g),
    sets: words(/@([^\s,}]+)/g),
    packets,
    bytes,
    ref: { table, chain, index, text, comment, target },
  }
}
