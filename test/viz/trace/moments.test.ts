import { describe, expect, it } from 'vitest'
import { callOperation, Session } from '../../../src/api/index.ts'
import { readInputs } from '../../../src/cli/read-inputs.ts'
import { share } from '../../../viz/views/trace/branch-tree.ts'
import { ladderOf } from '../../../viz/views/trace/ladder.ts'
import { hopStart, momentsOf } from '../../../viz/views/trace/moments.ts'
import { layersOf } from '../../../viz/views/trace/packet-layers.ts'
import { alongWay, wayOf } from '../../../viz/views/trace/player.ts'
import { TraceMap, traceLayout } from '../../../viz/views/trace/trace-map.ts'

const session = Session.load({ inputs: await readInputs(['examples/testweb'], false) })
const { trace } = callOperation(session, 'trace', { from: 'pod/client', to: 'svc/testweb:80', verbosity: 1 })
if (trace === undefined) throw new Error('the example has this trace')
const moments = momentsOf(trace, false)

describe('the steps of a trace that is played', () => {
  it('are all steps when all are wanted, there and back', () => {
    const hops = [...trace.hops, ...(trace.reply?.hops ?? [])]
    expect(momentsOf(trace, true).map(moment => moment.step)).toEqual(hops.flatMap(hop => hop.steps))
  })

  it('keep every decision: translation, tunnel, delivery, and the rule that was drawn', () => {
    for (const type of ['nat', 'encap', 'decap', 'deliver', 'statistic', 'originate']) {
      expect(moments.map(moment => moment.step.type)).toContain(type)
    }
  })

  it('tell the draw of a large Service in few steps', () => {
    const many = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 60
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: nginx }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: client, image: busybox }] }
`
    const large = Session.load({ inputs: [{ name: 'many.yaml', text: many }] })
    const answer = callOperation(large, 'trace', { from: 'pod/client', to: 'svc/web:80', seed: 3, verbosity: 1 })
    if (answer.trace === undefined) throw new Error('the Service has a trace')
    const draws = (all: boolean) =>
      momentsOf(answer.trace ?? trace, all).filter(moment => moment.step.type === 'statistic')
    expect(draws(true).length).toBeGreaterThan(10)
    expect(draws(false).map(moment => moment.step.action)).toEqual(['miss', 'miss', 'miss', 'miss', 'match'])
    expect(share(answer.trace.probability)).toBe('1.67 %')
  })

  it('end each machine with the packet that leaves it', () => {
    for (const hop of trace.hops) {
      const last = momentsOf(trace, true).findLast(moment => moment.hop === hop)
      const { src, dst, ttl, length } = hop.packetOut
      expect(last?.packet).toMatchObject({ src, dst, ttl, length })
    }
  })

  it('have headers whose bytes add up to the length of the packet', () => {
    for (const { packet } of moments) {
      const [frame, ...layers] = layersOf(packet)
      expect(frame?.bytes).toBe(14)
      expect(layers.reduce((sum, layer) => sum + layer.bytes, 0)).toBe(packet.length)
    }
    const tunnel = moments.find(moment => moment.step.type === 'encap')
    expect(tunnel && layersOf(tunnel.packet).map(layer => layer.name)).toEqual([
      'Ethernet',
      'IPv4',
      'UDP',
      'VXLAN',
      'Ethernet',
      'IPv4',
      'TCP',
    ])
  })

  it('are walked machine by machine', () => {
    const second = hopStart(moments, 0, 1)
    expect(moments[second]?.hop.namespace).toBe('worker-1')
    expect(hopStart(moments, second, -1)).toBe(0)
    expect(hopStart(moments, moments.length - 1, 1)).toBe(moments.length - 1)
  })

  it('lie in the picture, and each way begins and ends where the packet is', () => {
    const map = new TraceMap(traceLayout(callOperation(session, 'getTopology', {}), trace, 1.3))
    for (const [at, moment] of moments.entries()) {
      const { x, y } = map.pointOf(moment)
      expect(x > 0 && y > 0 && x < map.layout.width && y < map.layout.height).toBe(true)
      const before = moments[at - 1]
      if (before === undefined) continue
      const way = wayOf(map.wayBetween(before, moment))
      expect(alongWay(way, 0)).toEqual(map.pointOf(before))
      expect(alongWay(way, 1)).toEqual({ x, y })
    }
  })

  it('are told by the ladder from machine to machine', () => {
    const arrows = ladderOf(moments).rows.filter(row => row.from !== row.to)
    expect(arrows.map(row => [row.from, row.to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 2],
      [2, 1],
      [1, 0],
    ])
  })
})
