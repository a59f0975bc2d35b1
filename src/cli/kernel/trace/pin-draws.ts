import type { NamespaceConfig } from '../../../netns/config.ts'
import type { RuleRef, TraceEvent } from '../../../trace/index.ts'

/** A random draw of a trace, which both worlds are to repeat. */
export interface Pin {
  readonly namespace: string
  /** `nat KUBE-SVC-… 3`; for nftables table and chain. */
  readonly rule: string
  /** What was drawn: `KUBE-SEP-…`, `not KUBE-SEP-…`, or the element of an nftables map. */
  readonly chosen: string
}

/** So many packets later a rule that was not drawn would be: more than any trace has. */
const NEVER = 1_000_000

/**
 * The configurations with what the traced packets drew in place of chance: a rule of `-m statistic --mode random` that was drawn
 * always matches, one that was not never does; `numgen random` gives the number that was drawn. Where several packets drew at the
 * same rule, the last counts. Rules that no packet came to are left as they are.
 */
export function pinDraws(
  configs: readonly NamespaceConfig[],
  events: readonly TraceEvent[],
): { readonly configs: readonly NamespaceConfig[]; readonly pins: readonly Pin[] } {
  const draws = new Map<string, Draw>()
  for (const [i, event] of events.entries()) {
    if (event.kind !== 'statistic' || event.mode !== 'random') continue
    const { ns: namespace, rule } = event
    const key = `${namespace} ${rule.table} ${rule.chain} ${rule.index}`
    if (rule.text.startsWith('-A ')) draws.set(key, { namespace, rule, matched: event.matched })
    else {
      const element = elementOf(events, i, event.packet.id)
      if (element !== undefined) draws.set(key, { namespace, rule, matched: true, element })
    }
  }
  const all = [...draws.values()]
  const pinned = configs.map(config => {
    const own = all.filter(({ namespace }) => namespace === config.name)
    if (own.length === 0) return config
    return {
      ...config,
      iptables: config.iptables.map(input => ({ ...input, text: pinText(input.text, own, pinIptables) })),
      ...(config.nft === undefined ? {} : { nft: config.nft.map(text => pinText(text, own, pinNft)) }),
    }
  })
  return { configs: pinned, pins: all.map(pinOf) }
}

interface Draw {
  readonly namespace: string
  readonly rule: RuleRef
  readonly matched: boolean
  /** nftables: the element of the map that the number chose. */
  readonly element?: string
}

/** The element that the drawing rule chose: its own event follows the draw. */
function elementOf(events: readonly TraceEvent[], from: number, id: number): string | undefined {
  const next = events.slice(from + 1, from + 4).find(event => event.kind === 'rule' && event.packet.id === id)
  return next?.kind === 'rule' ? next.element : undefined
}

function pinText(text: string, draws: readonly Draw[], pin: (line: string, draw: Draw) => string): string {
  return text
    .split('\n')
    .map(line => draws.reduce(pin, line))
    .join('\n')
}

/** A rule is known by its chain and where it goes: kube-proxy has one for each endpoint. */
function pinIptables(line: string, { rule, matched }: Draw): string {
  if (!line.startsWith(`-A ${rule.chain} `) || !line.endsWith(`-j ${rule.target ?? ''}`)) return line
  const [every, packet] = matched ? [1, 0] : [NEVER, NEVER - 1]
  return line.replace(/--mode random (?:! )?--probability [0-9.]+/, `--mode nth --every ${every} --packet ${packet}`)
}

function pinNft(line: string, { rule, element }: Draw): string {
  const number = /^(\d+) : /.exec(element ?? '')?.[1]
  if (number === undefined || !line.includes(` ${rule.chain} numgen random mod `)) return line
  return line.replace(/numgen random mod \d+/, `numgen inc mod 1 offset ${number}`)
}

function pinOf({ namespace, rule, matched, element }: Draw): Pin {
  const where = element === undefined ? `${rule.table} ${rule.chain} ${rule.index}` : `${rule.table} ${rule.chain}`
  return { namespace, rule: where, chosen: element ?? `${matched ? '' : 'not '}${rule.target ?? ''}` }
}
