import type { PacketView, TraceEvent } from '../../trace/index.ts'
import { ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import { packetText } from './packet-text.ts'

/** Tables of iptables: chains that nft made by itself are printed by `nft monitor trace`. */
const TABLES = new Set(['raw', 'mangle', 'nat', 'filter', 'security'])
/** NFT_RETURN, for which xtables-monitor 1.8.9 has no word. */
const RETURN = '0xfffffffb'

/** What `xtables-monitor --trace` would print in one namespace. */
export interface XtablesTrace {
  readonly namespace: string
  readonly lines: readonly string[]
}

/**
 * What `xtables-monitor --trace` prints in each namespace, in order of time, when all packets are traced (`-j TRACE` in the raw
 * table's PREROUTING and OUTPUT, which the recorded namespaces must have had). Each look at a base chain begins with a line
 * `PACKET:`; the trace identifier, eight hexadecimal digits, is the packet's number, and the handle behind `rule:` the rule's
 * position in its chain, for the kernel gives both as it pleases.
 */
export function traceToXtables(events: readonly TraceEvent[]): XtablesTrace[] {
  const monitors = new Map<string, Monitor>()
  for (const event of events) {
    let monitor = monitors.get(event.ns)
    if (monitor === undefined) {
      monitor = new Monitor()
      monitors.set(event.ns, monitor)
    }
    // What a REJECT sends is made inside its rule, in this namespace: elsewhere it is over.
    for (const other of monitors.values()) if (other !== monitor) other.flush()
    monitor.event(event)
  }
  for (const monitor of monitors.values()) monitor.flush()
  return [...monitors].flatMap(([namespace, { lines }]) => (lines.length === 0 ? [] : [{ namespace, lines }]))
}

/** Where one packet is. */
interface Stay {
  inDev: string
  outDev: string
  /** Table whose base chain it is in, null before the first. */
  table: string | null
}

class Monitor {
  readonly lines: string[] = []
  readonly #stays = new Map<number, Stay>()
  /** A packet that was refused: the kernel tells of the rule when the rule is done, after the answer that it made. */
  #refused: { readonly id: number; readonly lines: readonly string[] } | null = null

  event(event: TraceEvent): void {
    const { packet } = event
    if (this.#refused !== null && !this.#belongs(event, this.#refused.id)) this.flush()
    switch (event.kind) {
      case 'hook':
        this.#stays.set(packet.id, { inDev: event.inDev, outDev: event.outDev, table: null })
        break
      case 'rule': {
        const { rule, verdict } = event
        if (!TABLES.has(rule.table)) break
        const shown =
          verdict === 'JUMP' || verdict === 'GOTO' ? `${verdict}:${rule.target ?? ''}` : verdictText(verdict)
        const text = `${rule.table}:${rule.chain}:rule:0x${rule.index.toString(16)}:${shown}  ${familyOption(packet)} -t ${rule.table} ${rule.text}`
        const lines = [...this.#head(packet, rule.table), ` TRACE: ${idOf(packet)} ${text}`]
        if (verdict === 'REJECT') this.#refused = { id: packet.id, lines }
        else this.lines.push(...lines)
        break
      }
      case 'policy':
        if (!TABLES.has(event.table) || event.unmade === true) break
        this.lines.push(
          ...this.#head(packet, event.table),
          ` TRACE: ${idOf(packet)} ${event.table}:${event.chain}:policy:${event.verdict} `,
        )
        break
      default:
    }
  }

  /** Tells of the refusing rule. */
  flush(): void {
    if (this.#refused === null) return
    this.lines.push(...this.#refused.lines)
    this.#refused = null
  }

  /** Whether an event is part of what the refusing rule does: the packet's own, or the way out of the answer. */
  #belongs(event: TraceEvent, refused: number): boolean {
    if (event.packet.id === refused) return true
    return event.packet.causeId === refused && event.kind !== 'tx' && event.kind !== 'rx'
  }

  /** The packet, once for each base chain. */
  #head(packet: PacketView, table: string): string[] {
    const stay = this.#stays.get(packet.id) ?? { inDev: '', outDev: '', table: null }
    if (stay.table === table) return []
    stay.table = table
    return [`PACKET: ${idOf(packet)} ${packetText(packet, stay)}`]
  }
}

function verdictText(verdict: string): string {
  return verdict === 'RETURN' ? RETURN : verdict === 'REJECT' ? 'DROP' : verdict
}

function familyOption(packet: PacketView): string {
  return packet.etherType === ETHERTYPE_IPV6 ? '-6' : '-4'
}

/** NFPROTO_IPV4 or NFPROTO_IPV6, and the trace identifier. */
function idOf(packet: PacketView): string {
  return `${packet.etherType === ETHERTYPE_IPV6 ? 10 : 2} ${packet.id.toString(16).padStart(8, '0')}`
}
