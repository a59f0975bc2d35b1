import {
  attachPort,
  type Bridge,
  createBridge,
  createVeth,
  type Port,
  type Veth,
} from '../../../../src/netns/link/index.ts'
import type { Skb } from '../../../../src/netns/model/skb.ts'
import { EventLoop } from '../../../../src/netns/sim/simulation.ts'
import type { TraceEvent } from '../../../../src/trace/recorder.ts'
import { FakeNamespace } from './fake-namespace.ts'
import { mac } from './frames.ts'

const WORDS = { In: 'HOST', B: 'BCAST', M: 'MCAST', P: 'OTHER' }

/**
 * A namespace with the bridge br0 (02:…:02:00) and hosts a, b, c … (02:…:00:01, 02, 03) at its ports v0, v1, v2 …
 * (02:…:01:03, 02, 01): what the recorded experiments with the real kernel used.
 */
export class BridgeLab {
  readonly sim = new EventLoop()
  readonly node: FakeNamespace
  readonly bridge: Bridge
  readonly hosts: FakeNamespace[] = []
  readonly ends: Veth[] = []
  readonly ports: Port[] = []
  readonly events: TraceEvent[] = []

  constructor(count = 3) {
    this.sim.recorder = { misses: false, frames: false, record: event => this.events.push(event) }
    this.node = new FakeNamespace('n', this.sim)
    this.bridge = createBridge(this.node.asNamespace, { name: 'br0', mac: mac(0x200) })
    for (let i = 0; i < count; i++) {
      const host = new FakeNamespace(String.fromCharCode(97 + i), this.sim)
      const [port, end] = createVeth(
        { ns: this.node.asNamespace, name: `v${i}`, mac: mac(0x100 + count - i) },
        { ns: host.asNamespace, name: 'eth0', mac: mac(i + 1) },
      )
      this.hosts.push(host)
      this.ends.push(end)
      this.ports.push(attachPort(this.bridge, port))
    }
  }

  port(index: number): Port {
    return this.ports[index] as Port // tests name ports that exist
  }

  host(index: number): FakeNamespace {
    return this.hosts[index] as FakeNamespace // likewise
  }

  end(index: number): Veth {
    return this.ends[index] as Veth // likewise
  }

  /**
   * Sends a frame from a host and tells which taps saw it, in the order a, b, c, br0, v0, v1, v2, as `b:HOST v0:OTHER v1:OUT`;
   * the sender's own `OUT` is left out.
   */
  send(host: number, skb: Skb): string {
    this.events.length = 0
    this.end(host).transmit(skb)
    this.sim.run()
    return this.taps(host)
  }

  taps(sender = -1): string {
    const seen: [number, string][] = []
    for (const event of this.events) {
      if (event.kind !== 'tx' && event.kind !== 'rx') continue
      const host = this.hosts.findIndex(({ name }) => name === event.ns)
      if (host >= 0 && host === sender && event.kind === 'tx') continue
      const place = host >= 0 ? event.ns : event.dev
      const order = host >= 0 ? host : place === 'br0' ? 100 : 200 + Number(place.slice(1))
      seen.push([order, `${place}:${event.kind === 'tx' ? 'OUT' : WORDS[event.pktType]}`])
    }
    return seen
      .sort((one, two) => one[0] - two[0])
      .map(([, text]) => text)
      .join(' ')
  }

  /** Reasons of the drops since the last `send`, but for frames that somebody got who is not meant. */
  get drops(): string[] {
    return this.events.flatMap(event => (event.kind === 'drop' && event.reason !== 'other_host' ? [event.reason] : []))
  }

  /** FDB decisions since the last `send`: `flood v2,v1`. */
  get fdb(): string[] {
    return this.events.flatMap(event => (event.kind === 'fdb' ? [`${event.action} ${event.ports.join()}`.trim()] : []))
  }
}
