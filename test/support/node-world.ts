import { emptyConfig, type NamespaceConfig } from '../../src/netns/config.ts'
import type { Chance } from '../../src/netns/model/simulation.ts'
import { World } from '../../src/netns/sim/world.ts'
import type { TraceEvent } from '../../src/trace/recorder.ts'
import { formatAddr, isLoopback, parseAddr } from '../../src/wire/addr.ts'
import type { CaseConfig } from './kube-proxy-objects.ts'
import type { TracedPacket } from './rule-tracer.ts'

/** What a mode of kube-proxy leaves on the node. */
export type NodeRules = Pick<NamespaceConfig, 'iptables' | 'ipsets' | 'ipvs' | 'nft' | 'proxies' | 'sysctls'> & {
  /** Addresses of kube-ipvs0. */
  readonly dummy: readonly string[]
}

/** What became of a packet. */
export interface Fate {
  /** The endpoint that it was sent to, or what the rules did: DROP, REJECT, ACCEPT (an explicit one in a chain of Services). */
  readonly outcome: string | null
  readonly masqueraded: boolean
  /** The endpoint that a program took it at, and the source address that it saw; null when none did. */
  readonly seen: { readonly endpoint: string; readonly source: string } | null
}

const ELSEWHERE = ['192.168.0.254', '2001:db8::fffe'] as const

/**
 * A node with the interfaces of the case table, and one machine on the same wire that is everything else: pods, endpoints and
 * clients outside. Packets go through the whole stack.
 */
export class NodeWorld {
  readonly #world: World
  readonly #config: CaseConfig
  readonly #v6: boolean
  readonly #events: TraceEvent[] = []
  #sport = 40_000
  #served = 0

  constructor(config: CaseConfig, rules: NodeRules, elsewhere: readonly string[], chance: Chance) {
    this.#config = config
    this.#v6 = config.family === 'IPv6'
    this.#world = new World({ chance })
    const own = config.nodeInterfaces.eth0 ?? []
    const sysctls = [
      ['net.ipv4.ip_forward', '1'],
      ['net.ipv6.conf.all.forwarding', '1'],
      ['net.ipv4.conf.all.rp_filter', '0'],
      ['net.ipv4.conf.default.rp_filter', '0'],
      ['net.ipv4.conf.all.accept_local', '1'],
      ['net.ipv4.conf.all.route_localnet', config.localhostNodePorts ? '1' : '0'],
    ] as const
    this.#world.applyConfig({
      ...emptyConfig('elsewhere'),
      sysctls: sysctls.slice(2),
      links: [{ kind: 'physical', name: 'eth0', segment: 'wire' }],
      addresses: [
        `${ELSEWHERE[0]}/24 dev eth0`,
        `${ELSEWHERE[1]}/64 dev eth0`,
        ...elsewhere.map(ip => `${ip}/${ip.includes(':') ? 128 : 32} dev lo`),
      ],
      routes: [`default via ${config.nodeIP} dev eth0`, 'default via 2001:db8::1 dev eth0'],
    })
    this.#world.applyConfig({
      ...emptyConfig('node'),
      ...rules,
      sysctls: [...sysctls, ...rules.sysctls],
      links: [
        { kind: 'physical', name: 'eth0', segment: 'wire' },
        ...(rules.dummy.length === 0 ? [] : [{ kind: 'dummy' as const, name: 'kube-ipvs0', up: false }]),
      ],
      addresses: [...own.map(ip => `${ip} dev eth0`), ...rules.dummy.map(ip => `${ip} dev kube-ipvs0`)],
      routes: [`default via ${ELSEWHERE[0]} dev eth0`, `default via ${ELSEWHERE[1]} dev eth0`],
    })
    this.#world.sim.recorder = { misses: false, frames: false, record: event => this.#events.push(event) }
  }

  /** Programs listen at this port of every address elsewhere. */
  serve(protocol: 'tcp' | 'udp' | 'sctp', port: number): this {
    this.#world.namespace('elsewhere')?.sockets.listen({ protocol, port })
    this.#served = port
    return this
  }

  /** Whether an address is one of the node's own. */
  isLocal(ip: string): boolean {
    return this.#world.namespace('node')?.fib.isLocal(parseAddr(ip)) ?? false
  }

  /** Sends the first packet of an exchange and tells what the node did with it. */
  send(packet: TracedPacket): Fate {
    this.#events.length = 0
    const local = this.#config.localIPs.includes(packet.src) || isLoopback(parseAddr(packet.src))
    const ns = this.#world.namespace(local ? 'node' : 'elsewhere')
    if (ns === undefined) throw new Error('the world has no such machine')
    const options = {
      dst: parseAddr(packet.dst),
      src: parseAddr(packet.src),
      dport: packet.dport,
      sport: this.#sport++,
      timeout: 1_000_000,
    }
    if (packet.proto === 'icmp') ns.sockets.ping({ dst: options.dst, src: options.src, timeout: options.timeout })
    else if (packet.proto === 'udp') ns.sockets.sendUdp(options)
    else if (packet.proto === 'sctp') ns.sockets.connectSctp(options)
    else ns.sockets.connectTcp(options)
    this.#world.run(this.#world.sim.now + 2_000_000)
    return this.#fate()
  }

  #fate(): Fate {
    const first = this.#events.find(event => event.kind === 'originate' && event.by === 'socket')?.packet.id
    let outcome: string | null = null
    let masqueraded = false
    for (const event of this.#events) {
      if (event.ns !== 'node' || event.packet.id !== first) continue
      if (event.kind === 'nat' && event.what === 'dst' && !event.reverse) {
        const ip = formatAddr(event.newAddr)
        outcome = this.#v6 ? `[${ip}]:${event.newPort}` : `${ip}:${event.newPort}`
      } else if (event.kind === 'rule' && /^masquerade\b/i.test(event.rule.target ?? '')) {
        masqueraded = true
      } else if (event.kind === 'rule' && event.rule.chain === 'KUBE-NODEPORTS' && event.verdict === 'ACCEPT') {
        outcome = 'ACCEPT'
      } else if (event.kind === 'drop' && event.rule !== null) {
        outcome = event.reason === 'rule_drop' ? 'DROP' : 'REJECT'
      } else if (event.kind === 'drop' && event.reason === 'ipvs_no_server') {
        outcome = 'REJECT'
      }
    }
    return { outcome, masqueraded, seen: this.#seen() }
  }

  #seen(): Fate['seen'] {
    const taken = this.#events.find(
      event => event.kind === 'deliver' && event.ns === 'elsewhere' && event.packet.dport === this.#served,
    )
    if (taken === undefined) return null
    const { src, dst, dport } = taken.packet
    const ip = formatAddr(dst)
    return { endpoint: this.#v6 ? `[${ip}]:${dport}` : `${ip}:${dport}`, source: formatAddr(src) }
  }
}
