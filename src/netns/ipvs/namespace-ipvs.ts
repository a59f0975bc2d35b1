import { isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Ipvs, IpvsConnectionView, IpvsQuestion, IpvsSettings } from '../model/ipvs.ts'
import type { Namespace } from '../model/namespace.ts'
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  type Hook,
  NF_ACCEPT,
  NF_DROP,
  NF_STOLEN,
  type Verdict,
} from '../model/netfilter.ts'
import { PACKET_HOST, type Skb } from '../model/skb.ts'
import { IpvsConnection } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import { recordDrop, recordMatch, recordNat, recordSchedule } from './events.ts'
import { formatIpvsSave } from './format-save.ts'
import { findErrorIn, isBalanced, quotedBy, translateErrorIn, translateErrorOut } from './icmp.ts'
import { natTransmit, refuse, sendOn } from './nat-transmit.ts'
import { parseIpvsSave } from './parse-save.ts'
import { Persistence, type PersistenceTemplate } from './persistence.ts'
import type { RealServer } from './real-server.ts'
import { ServiceTable } from './service-table.ts'
import { STATE_CLOSE, STATE_TIME_WAIT } from './tcp-states.ts'
import type { VirtualService } from './virtual-service.ts'

/** Chunk type of an SCTP INIT. */
const SCTP_INIT = 1
/** kube-proxy looks at servers that it drains that often, in microseconds (rsCheckDeleteInterval). */
const DRAIN_INTERVAL = 60_000_000

/**
 * IPVS at its hooks (ip_vs_core.c, hooks as since Linux 5.9):
 *
 * ```
 *                INPUT                        FORWARD                 OUTPUT
 *   … filter, security                … filter, security       … nat (−100)
 *   98  answers: src ← virtual        99  ICMP about us        −99 answers: src ← virtual
 *   99  new and known: dst ← server   100 answers: src ←       −98 new and known: dst ← server
 *        │      └► local: the socket          virtual               └► elsewhere: OUTPUT once more
 *        └► elsewhere: OUTPUT, POSTROUTING
 * ```
 */
export class NamespaceIpvs implements Ipvs {
  readonly settings: IpvsSettings = {
    conntrack: false,
    connReuseMode: true,
    expireNodestConn: false,
    expireQuiescentTemplate: false,
  }
  verdict: Verdict = NF_ACCEPT
  readonly #ns: Namespace
  readonly #services = new ServiceTable()
  readonly #connections = new ConnectionTable()
  readonly #persistence = new Persistence()
  #draining = false

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  get idle(): boolean {
    return this.#services.empty && this.#connections.size === 0
  }

  input(skb: Skb): Verdict {
    const answered = this.#out(skb, HOOK_INPUT)
    return answered === NF_ACCEPT ? this.#in(skb, HOOK_INPUT) : answered
  }

  forward(skb: Skb): Verdict {
    const quoted = skb.ipvs ? null : quotedBy(skb)
    if (quoted !== null) {
      const c = findErrorIn(this.#connections, quoted, this.#ns.sim.now)
      if (c !== null) return this.#errorIn(skb, quoted, c, HOOK_FORWARD)
    }
    return this.#out(skb, HOOK_FORWARD)
  }

  output(skb: Skb): boolean {
    const route = skb.route
    const src = skb.src
    this.verdict = this.#out(skb, HOOK_OUTPUT)
    if (this.verdict === NF_ACCEPT && skb.src !== src && this.#ns.ip.reroute(skb) !== null) this.verdict = NF_DROP
    if (this.verdict !== NF_ACCEPT) return false
    const before = skb.route
    this.verdict = this.#in(skb, HOOK_OUTPUT)
    return this.verdict === NF_ACCEPT && skb.ipvs && skb.route !== (before ?? route) && skb.route?.action !== 'local'
  }

  matches(skb: Skb, question: IpvsQuestion): boolean {
    if (!skb.ipvs || (question.proto !== null && question.proto !== skb.proto)) return false
    if (question.addr === null && question.port === null) return true
    const { now } = this.#ns.sim
    const c = this.#connections.findOut(skb.proto, skb.dst, skb.dport, skb.src, skb.sport, now)
    if (c === null || (question.port !== null && question.port !== c.virtualPort)) return false
    return question.addr === null || question.addr === c.virtual
  }

  restore(text: string, options: { readonly file?: string; readonly drain?: boolean } = {}): void {
    const lines = parseIpvsSave(text, options.file)
    const drain = options.drain ?? false
    this.#connections.sweep(this.#ns.sim.now)
    this.#services.replace(lines, drain)
    if (drain) this.#watchDrains()
  }

  save(): string {
    return formatIpvsSave(this.#services.all)
  }

  connections(): readonly IpvsConnectionView[] {
    this.#connections.sweep(this.#ns.sim.now)
    return this.#connections.all()
  }

  clear(): void {
    this.#services.clear()
    this.#persistence.clear()
    for (const c of this.#connections.all()) this.#connections.remove(c)
  }

  /** ip_vs_out_hook: a packet of a real server to a client gets the virtual address as its source. */
  #out(skb: Skb, hook: Hook): Verdict {
    if (skb.ipvs) return NF_ACCEPT
    const { now } = this.#ns.sim
    const quoted = quotedBy(skb)
    if (quoted !== null) {
      translateErrorOut(this.#connections, skb, quoted, now)
      return NF_ACCEPT
    }
    if (!isBalanced(skb.proto)) return NF_ACCEPT
    const c = this.#connections.findOut(skb.proto, skb.src, skb.sport, skb.dst, skb.dport, now)
    if (c === null) return NF_ACCEPT
    recordMatch(this.#ns, skb, c, true)
    recordNat(this.#ns, skb, hook, 'src', c.virtual, c.virtualPort)
    skb.src = c.virtual
    skb.sport = c.virtualPort
    c.see(skb.tcpFlags, true, now)
    skb.ipvs = true
    return NF_ACCEPT
  }

  /** ip_vs_in_hook. */
  #in(skb: Skb, hook: Hook): Verdict {
    const ns = this.#ns
    if (skb.ipvs || (skb.pktType !== PACKET_HOST && hook !== HOOK_OUTPUT)) return NF_ACCEPT
    const { now } = ns.sim
    if (skb.proto === IPPROTO_ICMP || skb.proto === IPPROTO_ICMPV6) {
      const quoted = quotedBy(skb)
      const c = quoted === null ? null : findErrorIn(this.#connections, quoted, now)
      return quoted === null || c === null ? NF_ACCEPT : this.#errorIn(skb, quoted, c, hook)
    }
    if (!isBalanced(skb.proto)) return NF_ACCEPT
    let c = this.#connections.findIn(skb.proto, skb.src, skb.sport, skb.dst, skb.dport, now)
    if (c !== null && this.#expectsNew(c, skb)) {
      this.#connections.remove(c)
      c = null
    }
    if (c !== null && !c.dest.available) {
      if (!this.settings.expireNodestConn) {
        recordDrop(ns, skb, 'ipvs_no_server', 'the real server of this connection is gone')
        return NF_DROP
      }
      this.#connections.remove(c)
      // An entry of conntrack leads to the old server: it goes, and the packet with it (ip_vs_conn_uses_old_conntrack).
      if (this.settings.conntrack && skb.ct?.confirmed === true) {
        const stale = skb.ct
        const { src, sport, dst, dport, proto } = stale.original
        ns.conntrack.delete(
          ({ original: o }) =>
            o.src === src && o.sport === sport && o.dst === dst && o.dport === dport && o.proto === proto,
        )
        recordDrop(
          ns,
          skb,
          'ipvs_no_server',
          'the real server of this connection is gone; the next packet gets another',
        )
        return NF_DROP
      }
      c = null
    }
    if (c === null) {
      const service = this.#services.find(skb.proto, skb.dst, skb.dport)
      if (service === null || !opens(skb)) return NF_ACCEPT
      c = this.#schedule(service, skb)
      if (c === null) return refuse(ns, skb)
    } else {
      recordMatch(ns, skb, c, false)
    }
    c.see(skb.tcpFlags, false, now)
    return this.#transmit(skb, c, hook)
  }

  #transmit(skb: Skb, c: IpvsConnection, hook: Hook): Verdict {
    const decision = natTransmit(this.#ns, skb, c, hook, this.settings.conntrack)
    if (decision === null) return NF_STOLEN
    return hook === HOOK_OUTPUT ? NF_ACCEPT : sendOn(this.#ns, skb, decision)
  }

  /** is_new_conn_expected: a SYN for what is over. Persistent connections stay with their server. */
  #expectsNew(c: IpvsConnection, skb: Skb): boolean {
    if (!this.settings.connReuseMode || c.template !== null || skb.proto !== IPPROTO_TCP) return false
    if ((skb.tcpFlags & (TCP_SYN | TCP_RST)) !== TCP_SYN) return false
    return c.tcpState === STATE_TIME_WAIT || c.tcpState === STATE_CLOSE
  }

  /** ip_vs_schedule, ip_vs_sched_persist. */
  #schedule(service: VirtualService, skb: Skb): IpvsConnection | null {
    const ns = this.#ns
    const { now } = ns.sim
    this.#connections.tidy(now)
    let template: PersistenceTemplate | null = null
    let dest: RealServer | null = null
    if (service.timeout > 0) {
      template = this.#persistence.find(service, skb.src, now, this.settings.expireQuiescentTemplate)
      dest = template?.dest ?? null
    }
    const known = dest !== null
    dest ??= service.scheduler.schedule(service, skb)
    if (dest === null) {
      recordSchedule(ns, skb, service, 'no_server', null)
      return null
    }
    if (service.timeout > 0) {
      template ??= this.#persistence.add(service, skb.src, dest, now)
      if (template === null) return null
      template.expires = now + service.timeout * 1e6
    }
    recordSchedule(ns, skb, service, known ? 'persistence' : 'schedule', dest)
    const c = new IpvsConnection(skb.proto, skb.src, skb.sport, skb.dst, skb.dport, dest, template)
    if (this.#connections.add(c, now)) return c
    c.release()
    return null
  }

  /** An ICMP error of a client, or of a router on the way to it, about an answer: the real server gets it. */
  #errorIn(skb: Skb, quoted: Skb, c: IpvsConnection, hook: Hook): Verdict {
    const ns = this.#ns
    const decision = ns.fib.lookupOutput(c.dest.addr, isV6(skb.dst) ? V6_ANY : V4_ANY, 0, 0)
    if (decision.errno !== null || decision.dev === null) return NF_DROP
    recordNat(ns, skb, hook, 'dst', c.dest.addr, skb.dport)
    translateErrorIn(skb, quoted, c)
    skb.ipvs = true
    skb.route = decision
    return hook === HOOK_OUTPUT ? NF_ACCEPT : sendOn(ns, skb, decision)
  }

  /** Servers that were drained go once their last connection has. */
  #watchDrains(): void {
    if (this.#draining) return
    const check = (): void => {
      this.#draining = false
      this.#connections.sweep(this.#ns.sim.now)
      let left = false
      for (const service of this.#services.all) {
        for (const server of service.servers) {
          if (!server.draining) continue
          if (server.active + server.inactive === 0) this.#services.removeServer(server)
          else left = true
        }
      }
      if (left) this.#watchDrains()
    }
    if (!this.#services.all.some(service => service.servers.some(server => server.draining))) return
    this.#draining = true
    this.#ns.sim.schedule(DRAIN_INTERVAL, check)
  }
}

/** Whether a packet may open a connection: TCP with SYN, SCTP with INIT, all of UDP. */
function opens(skb: Skb): boolean {
  if (skb.proto === IPPROTO_TCP) return (skb.tcpFlags & (TCP_SYN | TCP_RST)) === TCP_SYN
  return skb.proto !== IPPROTO_SCTP || skb.sctpChunk === SCTP_INIT
}
