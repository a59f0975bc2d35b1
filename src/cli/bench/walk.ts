import type { NetNamespace } from '../../netns/index.ts'
import { Skb } from '../../netns/index.ts'
import type { Recorder } from '../../trace/index.ts'
import { type Addr, parseAddr } from '../../wire/addr.ts'
import { IPPROTO_UDP } from '../../wire/protocol.ts'
import { BACKEND_PORT, benchCluster, type ProxyMode, serviceIP } from './bench-cluster.ts'
import type { Benchmark, Prepared } from './benchmark.ts'
import { CountingRecorder, KeepingRecorder } from './recorders.ts'

const SIZES = [10, 1000, 10_000]
/** Simulated time in which a packet gets to the backend, µs. */
const ON_THE_WAY = 200
/** How long ARP between the machines may take at first, simulated µs. */
const WARM_UP = 5_000_000
/** Prime, so that steps of it visit all Services in no particular order. */
const STRIDE = 7919
/** Between runs, simulated µs: nothing is left over from the last one. */
const AFTERWARDS = 120_000_000
const FIRST_PORT = 1024
const LAST_PORT = 64_000

/** What is recorded: nothing; events that are forgotten at once; a log of each walk, as of a trace; one log of all walks. */
type Recording = 'nothing' | 'counted' | 'log-each' | 'log-all'

interface Walk {
  /** Every packet opens a flow; otherwise all packets are of one. */
  readonly newFlow: boolean
  readonly recording: Recording
  /** Default iptables. */
  readonly mode?: ProxyMode
}

/**
 * One walk is one UDP packet from a pod through a ClusterIP to a pod on another node: two pods, two nodes, VXLAN, conntrack and
 * all chains of kube-proxy and flannel. The conntrack tables are empty when a run begins.
 */
export const WALKS: readonly Benchmark[] = [
  walk('walk-new-flow', 20_000, { newFlow: true, recording: 'nothing' }),
  walk('walk-new-flow-nftables', 20_000, { newFlow: true, recording: 'nothing', mode: 'nftables' }),
  walk('walk-new-flow-ipvs', 20_000, { newFlow: true, recording: 'nothing', mode: 'ipvs' }),
  walk('walk-new-flow-counted', 10_000, { newFlow: true, recording: 'counted' }),
  walk('walk-new-flow-recorded', 10_000, { newFlow: true, recording: 'log-each' }),
  walk('walk-new-flow-recorded-all', 2000, { newFlow: true, recording: 'log-all' }),
  walk('walk-established', 20_000, { newFlow: false, recording: 'nothing' }),
  walk('walk-established-recorded', 10_000, { newFlow: false, recording: 'log-each' }),
]

function walk(name: string, times: number, how: Walk): Benchmark {
  return { name, unit: 'walks', sizes: SIZES, times, prepare: (size, seed) => prepareWalk(size, seed, how) }
}

function prepareWalk(size: number, seed: number, how: Walk): Prepared {
  const lab = benchCluster(size, seed, how.mode).lab()
  const { world } = lab
  const { sim } = world
  const client = lab.pod('default/client', 'worker-1')
  const source = client?.device('eth0')?.addresses[0]?.addr
  if (client === undefined || source === undefined) throw new Error('the client pod was not built')
  const targets = Array.from({ length: size }, (_, i) => parseAddr(serviceIP(i)))
  let sport = FIRST_PORT
  let service = 0
  const send = () => sendDatagram(client, source, targets[service] ?? source, sport)
  send()
  world.run(WARM_UP)
  const backend = world.namespace('default/backend')
  const card = backend?.device('eth0')
  if (backend === undefined || card === undefined) throw new Error('the backend pod was not built')
  // A walk is one packet one way: the backend takes it and does not answer.
  for (const listener of backend.sockets.listeners) backend.sockets.unlisten(listener)
  backend.sockets.listen({ protocol: 'udp', port: BACKEND_PORT, replyLength: 0 })
  return {
    run(walks) {
      const before = card.rxPackets
      sim.recorder = recorderFor(how.recording)
      for (let i = 0; i < walks; i++) {
        if (how.recording === 'log-each') sim.recorder = new KeepingRecorder()
        if (how.newFlow) {
          sport = sport === LAST_PORT ? FIRST_PORT : sport + 1
          service = (service + STRIDE) % size
        }
        send()
        world.run(sim.now + ON_THE_WAY)
      }
      sim.recorder = null
      if (card.rxPackets - before < walks) {
        throw new Error(`${walks} packets were sent and ${card.rxPackets - before} arrived`)
      }
    },
    reset() {
      for (const ns of world.namespaces) ns.conntrack.flush()
      world.run(sim.now + AFTERWARDS)
    },
  }
}

function recorderFor(recording: Recording): Recorder | null {
  if (recording === 'nothing') return null
  return recording === 'counted' ? new CountingRecorder() : new KeepingRecorder()
}

function sendDatagram(ns: NetNamespace, src: Addr, dst: Addr, sport: number): void {
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
