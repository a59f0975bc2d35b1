import { parseAddr, tryParseAddr } from '../../src/wire/addr.ts'
import { parsePrefix } from '../../src/wire/prefix.ts'

export interface TracedPacket {
  readonly src: string
  readonly proto: string
  readonly dst: string
  readonly dport: number
}

/**
 * Follows a packet through rules as the tracer of the upstream tests does: every rule that chance may choose is followed; rules
 * that look at conntrack state, marks or `recent` never match; `addrtype LOCAL` is membership of the node's addresses.
 */
export class RuleTracer {
  readonly #rules = new Map<string, string[][]>()
  readonly #localIPs: ReadonlySet<string>
  outcomes: string[] = []
  masqueraded = false

  constructor(text: string, localIPs: readonly string[]) {
    this.#localIPs = new Set(localIPs)
    let table = ''
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) table = line.slice(1)
      if (!line.startsWith('-A ')) continue
      const words = line.match(/"[^"]*"|\S+/g) ?? []
      const key = `${table} ${words[1]}`
      const rules = this.#rules.get(key) ?? []
      rules.push(words.slice(2))
      this.#rules.set(key, rules)
    }
  }

  trace(packet: TracedPacket): void {
    this.#run('nat', 'KUBE-SERVICES', packet)
    // The filter pass sees the address that DNAT chose first; the upstream tracer leaves the port as it was.
    const chosen = this.outcomes[0]
    const translated =
      chosen === undefined ? packet : { ...packet, dst: chosen.replace(/:[0-9]+$/, '').replace(/^\[|\]$/g, '') }
    for (const chain of ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL']) {
      this.#run('filter', chain, translated)
    }
  }

  /** Whether a terminal target was reached without chance. */
  #run(table: string, chain: string, packet: TracedPacket): boolean {
    for (const words of this.#rules.get(`${table} ${chain}`) ?? []) {
      if (!this.#matches(words, packet)) continue
      const target = words[words.indexOf('-j') + 1]
      if (!words.includes('-j') || target === undefined) continue
      if (target === 'KUBE-MARK-MASQ') {
        this.masqueraded = true
      } else if (target === 'ACCEPT' || target === 'DROP' || target === 'REJECT') {
        this.outcomes.push(target)
        return true
      } else if (target === 'DNAT') {
        this.outcomes.push(words[words.indexOf('--to-destination') + 1] ?? '')
        return true
      } else if (this.#run(table, target, packet) && !words.includes('--probability')) {
        return true
      }
    }
    return false
  }

  #matches(words: readonly string[], packet: TracedPacket): boolean {
    let negated = false
    for (let i = 0; i < words.length; i++) {
      const word = words[i]
      const value = words[i + 1] ?? ''
      let matched: boolean | undefined
      if (word === '!') {
        negated = true
        continue
      }
      if (word === '-d') matched = within(value, packet.dst)
      else if (word === '-s') matched = within(value, packet.src)
      else if (word === '-p') matched = value === packet.proto
      else if (word === '--dport') matched = Number(value) === packet.dport
      else if (word === '--dst-type') matched = this.#localIPs.has(packet.dst)
      else if (word === '--src-type') matched = this.#localIPs.has(packet.src)
      else if (word === '--ctstate' || word === '--mark' || word === '--rcheck') return false
      if (matched !== undefined) {
        if (matched === negated) return false
        negated = false
      }
    }
    return true
  }
}

function within(prefix: string, address: string): boolean {
  return tryParseAddr(prefix) === undefined
    ? parsePrefix(prefix).contains(parseAddr(address))
    : parseAddr(prefix) === parseAddr(address)
}
