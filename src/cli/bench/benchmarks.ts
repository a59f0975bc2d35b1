import type { NetNamespace } from '../../netns/index.ts'
import { Skb } from '../../netns/index.ts'
import type { Recorder } from '../../trace/index.ts'
import { type Addr, parseAddr } from '../../wire/addr.ts'
import { IPPROTO_UDP } from '../../wire/protocol.ts'
import { benchCluster, serviceIP } from './bench-cluster.ts'

/** A thing to measure: `prepare` is not measured, what it returns is called again and again with a count of walks. */
export interface Benchmark {
  readonly name: string
  readonly sizes: readonly number[]
  readonly walks: number
  prepare(size: number, seed: number): (walks: number) => void
}

const SIZES = [10, 1000, 10_000]

/**
 * One walk is one UDP packet from a pod through a ClusterIP to a pod on another node: two pods, two nodes, VXLAN, conntrack and all
 * chains of kube-proxy and flannel.
 */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'walk-new-flow',
    sizes: SIZES,
    walks: 20_000,
    prepare: (size, seed) => walker(size, seed, { newFlow: true, recorded: false }),
  },
  {
    name: 'walk-new-flow-recorded',
    sizes: SIZES,
    walks: 20_000,
    prepare: (size, seed) => walker(size, seed, { newFlow: true, recorded: true }),
  },
  {
    name: 'walk-established',
    sizes: SIZES,
    walks: 20_000,
    prepare: (size, seed) => walker(size, seed, { newFlow: false, recorded: false }),
  },
  {
    name: 'walk-established-recorded',
    sizes: SIZES,
    walks: 20_000,
    prepare: (size, seed) => walker(size, seed, { newFlow: false, recorded: true }),
  },
]

/** Counts events and forgets them: what is measured is making them. */
class CountingRecorder implements Recorder {
  readonly misses = false
  readonly frames = false
  events = 0

  record(): void {
    this.events++
  }
}

function walker(
  size: number,
  seed: number,
  how: { readonly newFlow: boolean; readonly recorded: boolean },
): (walks: number) => void {
  const lab = benchCluster(size, seed).lab()
  const { world } = lab
  const client = lab.pod('default/client', 'worker-1')
  if (client === undefined) throw new Error('the client pod was not built')
  const source = client.device('eth0')?.addresses[0]?.addr
  if (source === undefined) throw new Error('the client pod has no address')
  const targets = Array.from({ length: size }, (_, i) => parseAddr(serviceIP(i)))
  let sport = 0
  let service = 0
  send(client, source, targets[0] ?? source, 1024)
  world.run()
  const received = () => world.namespace('default/backend')?.device('eth0')?.rxPackets ?? 0
  return walks => {
    world.sim.recorder = how.recorded ? new CountingRecorder() : null
    const before = received()
    for (let i = 0; i < walks; i++) {
      if (how.newFlow) {
        // Every packet opens a flow; the stride visits all Services in no particular order.
        sport = sport === 64_000 ? 1024 : sport + 1
        service = (service + 7919) % size
      }
      send(client, source, targets[service] ?? source, sport)
      world.run(world.sim.now + 1)
    }
    world.sim.recorder = null
    if (received() - before !== walks) throw new Error(`${walks} packets were sent and ${received() - before} arrived`)
    for (const ns of world.namespaces) ns.conntrack.flush()
  }
}

function send(ns: NetNamespace, src: Addr, dst: Addr, sport: number): void {
  const skb = new Skb()
  skb.id = ns.sim.nextPacketId()
  skb.src = src
  skb.dst = dst
  skb.proto = IPPROTO_UDP
  skb.sport = sport
  skb.dport = 80
  skb.payloadLength = 4
  skb.length = 32
  ns.ip.send(skb)
}
