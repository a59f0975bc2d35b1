import { describe, expect, test } from 'vitest'
import { Cluster, type Lab, readConfig } from '../../src/cluster/index.ts'
import type { KubeObject } from '../../src/controlplane/types/index.ts'
import type { NetNamespace } from '../../src/netns/index.ts'
import type { TraceEvent } from '../../src/trace/index.ts'
import { parseAddr } from '../../src/wire/addr.ts'

const VIP = parseAddr('10.96.7.7')

const pod = (name: string, node: string, app: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      labels: { app },
      annotations: { 'kubehop.dev/listen': 'tcp/80,udp/53' },
    },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'image' }] },
  }) as KubeObject

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    clusterIP: '10.96.7.7',
    selector: { app: 'web' },
    ports: [
      { name: 'tcp', port: 80 },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ],
  },
} as KubeObject

/** A cluster whose Service has one endpoint, web-1, and its machines. */
function begin(mode: string): { readonly before: Cluster; readonly lab: Lab; readonly client: NetNamespace } {
  const config = readConfig(
    'cluster.yaml',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec:\n  nodes: 3\n  kubeProxy: { mode: ${mode} }\n`,
  )
  const objects = [pod('client', 'worker-1', 'client'), pod('web-1', 'worker-2', 'web'), service]
  const before = Cluster.load({ config, objects })
  const lab = before.lab()
  const client = lab.pod('default/client', 'worker-1')
  if (client === undefined) throw new Error('no client')
  return { before, lab, client }
}

/** web-1 has been told to stop and still serves, as after `kubectl delete pod web-1`; web-2 is there in its place. */
function drained(of: Cluster): Cluster {
  const leaving = of.snapshot.pods.find(({ metadata }) => metadata.name === 'web-1')
  if (leaving === undefined) throw new Error('no web-1')
  const deletionTimestamp = '2026-01-01T00:00:00Z'
  const stopping = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp, deletionGracePeriodSeconds: 30 } }
  return of.fork().apply([stopping as KubeObject, pod('web-2', 'worker-3', 'web')])
}
const gone = (of: Cluster): Cluster =>
  of.fork().edit({ remove: [{ kind: 'Pod', namespace: 'default', name: 'web-1' }] })

/** Pods that data or datagrams of the client got to while `act` happened. */
function reached(lab: Lab, act: () => void): string {
  const pods = new Set<string>()
  lab.world.sim.recorder = {
    misses: false,
    frames: false,
    record(event: TraceEvent) {
      if (event.kind === 'deliver' && event.ns.startsWith('default/web')) pods.add(event.ns)
    },
  }
  act()
  lab.world.run(lab.world.sim.now + 3_000_000)
  lab.world.sim.recorder = null
  return [...pods].join()
}

function ask(lab: Lab, client: NetNamespace, sport: number): string {
  return reached(lab, () => {
    client.sockets.connectTcp({ dst: VIP, dport: 80, sport, payloadLength: 10 })
  })
}

function send(lab: Lab, client: NetNamespace, sport: number): string {
  return reached(lab, () => {
    client.sockets.sendUdp({ dst: VIP, dport: 53, sport, timeout: 1_000_000 })
  })
}

describe.each(['iptables', 'nftables', 'ipvs'])('%s mode: an endpoint drains', mode => {
  test('its endpoint is terminating and serves', () => {
    const slices = drained(begin(mode).before).snapshot.endpointSlices.filter(
      ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web',
    )
    const conditions = slices.flatMap(({ endpoints }) => endpoints.map(({ conditions: each }) => each))
    expect(conditions).toContainEqual({ ready: false, serving: true, terminating: true })
    expect(conditions).toContainEqual({ ready: true, serving: true, terminating: false })
  })

  test('an open connection goes on with it, there and back; new ones go elsewhere', () => {
    const { before, lab, client } = begin(mode)
    const open = client.sockets.connectTcp({ dst: VIP, dport: 80, sport: 6000, keepOpen: true })
    lab.world.run(lab.world.sim.now + 1_000_000)
    const { stream } = open
    if (stream === null) throw new Error(`not connected: ${open.result}`)
    let answered = 0
    let ended = ''
    stream.read(
      payload => {
        answered += payload.length
      },
      result => {
        ended = result
      },
    )
    const after = drained(before)
    after.follow(lab)
    expect(reached(lab, () => stream.write(new Uint8Array(50)))).toBe('default/web-1')
    expect(answered).toBe(50)
    for (const sport of [6001, 6002, 6003]) expect(ask(lab, client, sport)).toBe('default/web-2')
    // New connections do not take the old one along.
    expect(reached(lab, () => stream.write(new Uint8Array(7)))).toBe('default/web-1')
    expect([answered, ended]).toEqual([57, ''])
    // When the pod is gone, so is who could answer.
    gone(after).follow(lab)
    expect(reached(lab, () => stream.write(new Uint8Array(1)))).toBe('')
    expect(answered).toBe(57)
    expect(ask(lab, client, 6004)).toBe('default/web-2')
  })

  test('the connection can be closed by its client, and nothing is left', () => {
    const { before, lab, client } = begin(mode)
    const open = client.sockets.connectTcp({ dst: VIP, dport: 80, sport: 6000, keepOpen: true })
    lab.world.run(lab.world.sim.now + 1_000_000)
    drained(before).follow(lab)
    expect(reached(lab, () => open.stream?.close())).toBe('default/web-1')
    expect(ask(lab, client, 6000)).toBe('default/web-2')
  })

  test('a UDP flow goes on while the endpoint serves; its entry is deleted when the endpoint is gone', () => {
    const { before, lab, client } = begin(mode)
    expect(send(lab, client, 5000)).toBe('default/web-1')
    const entries = (): number =>
      (lab.node('worker-1')?.conntrack.entries() ?? []).filter(
        ({ original }) => original.dst === VIP && original.dport === 53 && original.sport === 5000,
      ).length
    const after = drained(before)
    after.follow(lab)
    expect(entries()).toBe(1)
    // IPVS does not drain UDP: the server is taken away, and with expire_nodest_conn the connection with it.
    if (mode !== 'ipvs') expect(send(lab, client, 5000)).toBe('default/web-1')
    expect(send(lab, client, 5001)).toBe('default/web-2')
    gone(after).follow(lab)
    if (mode !== 'ipvs') expect(entries()).toBe(0)
    // IPVS loses the packet that finds its server gone.
    if (mode === 'ipvs') send(lab, client, 5000)
    expect(send(lab, client, 5000)).toBe('default/web-2')
  })
})
