import { describe, expect, test } from 'vitest'
import type { ControlPlane, Snapshot } from '../../src/controlplane/index.ts'
import { applyDefaults, formatPath, type KubeObject, validate } from '../../src/controlplane/index.ts'
import {
  naiveAllowed,
  naiveWorld,
  POLICY_PROFILES,
  PolicyEngine,
  type PolicyProtocol,
  protocolIndex,
  type TrafficEnd,
} from '../../src/netpol/index.ts'
import { familyOf, formatAddr, parseAddr, v4 } from '../../src/wire/addr.ts'
import { parsePrefix } from '../../src/wire/prefix.ts'
import { readCases } from '../support/cases.ts'
import {
  applyOp,
  type CaseOp,
  type CaseTopology,
  caseControlPlane,
  podNamed,
  policyObject,
  type RawPolicy,
} from '../support/netpol-objects.ts'

type Matrix = Readonly<Record<string, string | readonly string[]>>

interface Case {
  readonly id: string
  readonly title: string
  readonly topology: string | CaseTopology
  readonly policies?: readonly RawPolicy[]
  readonly clusterPolicies?: readonly RawPolicy[]
  readonly expect?: { readonly matrix?: Matrix; readonly connlist?: Connlist }
  readonly steps?: readonly {
    readonly do: readonly CaseOp[]
    readonly order: readonly string[]
    readonly expect: { readonly matrix: Matrix }
  }[]
  readonly queries?: readonly {
    readonly from: string
    readonly to: string
    readonly port: number
    readonly protocol: string
    readonly allow: boolean
  }[]
}

type Connlist = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

interface Table {
  readonly topologies: Readonly<Record<string, CaseTopology>>
  readonly invalidObjects: readonly {
    readonly id: string
    readonly kind: string
    readonly spec: unknown
    readonly reject: { readonly field: string; readonly type: string; readonly detail: string }
  }[]
  readonly cases: readonly Case[]
}

const table = readCases<Table>('netpol.json')

function topologyOf(one: Case): CaseTopology {
  const topology = typeof one.topology === 'string' ? table.topologies[one.topology] : one.topology
  if (topology === undefined) throw new Error(`no topology ${String(one.topology)}`)
  return topology
}

/** How verdicts are found: by the reference or by the engine. */
type Oracle = (from: TrafficEnd, to: TrafficEnd, protocol: PolicyProtocol, port: number) => boolean

function oracles(snapshot: Snapshot, profile: 'spec' | 'np-guard', family: 4 | 6): readonly Oracle[] {
  const world = naiveWorld(snapshot, { ...POLICY_PROFILES[profile], family })
  const engine = new PolicyEngine(snapshot, { ...POLICY_PROFILES[profile], family })
  return [
    (from, to, protocol, port) => naiveAllowed(world, { from, to, protocol, port }),
    (from, to, protocol, port) => engine.allows(from, to, protocolIndex(protocol), port),
  ]
}

function checkMatrix(plane: ControlPlane, order: readonly string[], matrix: Matrix): void {
  const snapshot = plane.snapshot()
  const pods = order.map(name => podNamed(snapshot, name))
  const wanted = Object.fromEntries(
    Object.entries(matrix).map(([key, rows]) => [key, typeof rows === 'string' ? matrix[rows.slice(1)] : rows]),
  )
  for (const allowed of oracles(snapshot, 'spec', 4)) {
    const found = Object.fromEntries(
      Object.keys(matrix).map(key => {
        const { protocol, port } = portOf(key)
        return [
          key,
          pods.map(from => pods.map(to => (allowed({ pod: from }, { pod: to }, protocol, port) ? '.' : 'X')).join('')),
        ]
      }),
    )
    expect(found).toEqual(wanted)
  }
}

function portOf(key: string): { protocol: PolicyProtocol; port: number } {
  const [protocol = '', port = ''] = key.split('/')
  return { protocol: protocolOf(protocol), port: Number(port) }
}

function protocolOf(text: string): PolicyProtocol {
  if (text !== 'TCP' && text !== 'UDP' && text !== 'SCTP') throw new Error(`no protocol ${text}`)
  return text
}

describe('the table of network policies', () => {
  test.each(table.cases)('$id: $title', one => {
    const topology = topologyOf(one)
    const plane = caseControlPlane(topology, [...(one.policies ?? []), ...(one.clusterPolicies ?? [])])
    if (one.expect?.matrix !== undefined) {
      checkMatrix(
        plane,
        topology.pods.map(pod => `${pod.ns}/${pod.name}`),
        one.expect.matrix,
      )
    }
    if (one.expect?.connlist !== undefined) checkConnlist(plane, topology, one, one.expect.connlist)
    for (const query of one.queries ?? []) {
      const snapshot = plane.snapshot()
      const end = (text: string): TrafficEnd =>
        text.startsWith('ip:') ? { addr: parseAddr(text.slice(3)) } : { pod: podNamed(snapshot, text) }
      const [from, to] = [end(query.from), end(query.to)]
      const outside = [from, to].find(one => 'addr' in one)
      const family = outside !== undefined && 'addr' in outside ? familyOf(outside.addr) : 4
      for (const allowed of oracles(snapshot, 'spec', family)) {
        const verdict = allowed(from, to, protocolOf(query.protocol), query.port)
        expect({ ...query, allow: verdict }).toEqual(query)
      }
    }
    for (const step of one.steps ?? []) {
      for (const op of step.do) applyOp(plane, op)
      checkMatrix(plane, step.order, step.expect.matrix)
    }
  })
})

/** Go's names of the rules that an expected detail may stand for. */
const NAMED_DETAILS: Readonly<Record<string, RegExp>> = {
  IsValidPortName: /must (?:contain|be no more|not contain|not begin)/,
  IsValidPortNum: /must be between 1 and 65535/,
}

describe('objects that the API server refuses', () => {
  test.each(table.invalidObjects)('$id: $reject.field $reject.type', ({ kind, spec, reject }) => {
    const metadata = kind === 'NetworkPolicy' ? { name: 'invalid', namespace: 'default' } : { name: 'invalid' }
    const errors = validate(applyDefaults(policyObject({ kind, metadata, spec }) as KubeObject))
    const found = errors.find(error => formatPath(error.path) === reject.field && error.type === reject.type)
    expect(found, JSON.stringify(errors)).toBeDefined()
    const named = NAMED_DETAILS[reject.detail]
    if (named !== undefined) expect(found?.detail).toMatch(named)
    else if (reject.type === 'NotSupported') {
      for (const value of reject.detail.split(', ')) expect(found?.detail).toContain(JSON.stringify(value))
    } else expect(found?.detail).toContain(reject.detail)
  })
})

/** Compares connection texts of every ordered pair, and of every range of outside addresses: ranges may be split anywhere. */
function checkConnlist(plane: ControlPlane, topology: CaseTopology, one: Case, connlist: Connlist): void {
  const snapshot = plane.snapshot()
  const text = JSON.stringify([one.policies ?? [], one.clusterPolicies ?? [], topology, connlist])
  const ports = breakpoints(text)
  const names = new Map(
    topology.pods.map(pod => [pod.id ?? `${pod.ns}/${pod.name}`, podNamed(snapshot, `${pod.ns}/${pod.name}`)]),
  )
  const samples = outsideSamples(text)
  for (const allowed of oracles(snapshot, 'np-guard', 4)) {
    const connection = (from: TrafficEnd, to: TrafficEnd) =>
      connectionText(ports, (protocol, port) => allowed(from, to, protocol, port))
    for (const [fromName, from] of names) {
      for (const [toName, to] of names) {
        if (from === to) continue
        expect(`${fromName} ${toName} ${connection({ pod: from }, { pod: to })}`).toBe(
          `${fromName} ${toName} ${wantedText(connlist, fromName, toName)}`,
        )
      }
      for (const addr of samples) {
        const outside = { addr: parseAddr(addr) }
        expect(`${addr} ${fromName} ${connection(outside, { pod: from })}`).toBe(
          `${addr} ${fromName} ${wantedText(connlist, addr, fromName)}`,
        )
        expect(`${fromName} ${addr} ${connection({ pod: from }, outside)}`).toBe(
          `${fromName} ${addr} ${wantedText(connlist, fromName, addr)}`,
        )
      }
    }
  }
}

function wantedText(connlist: Connlist, from: string, to: string): string {
  for (const [text, sources] of Object.entries(connlist)) {
    for (const [source, destinations] of Object.entries(sources)) {
      if (matchesEnd(source, from) && destinations.some(destination => matchesEnd(destination, to))) return text
    }
  }
  return 'No Connections'
}

/** `a-b[External]` stands for each address in it. */
function matchesEnd(pattern: string, end: string): boolean {
  const range = /^([\d.]+)-([\d.]+)\[External\]$/.exec(pattern)
  if (range === null) return pattern === end
  if (!/^[\d.]+$/.test(end)) return false
  const addr = parseAddr(end)
  return addr >= parseAddr(range[1] ?? '') && addr <= parseAddr(range[2] ?? '')
}

/** First addresses of all ranges in a text: of CIDRs, behind them, and of `a-b[External]`. */
function outsideSamples(text: string): readonly string[] {
  const starts = new Set<number>([0])
  for (const [, cidr = ''] of text.matchAll(/"([\d.]+\/\d+)"/g)) {
    const prefix = parsePrefix(cidr)
    starts.add(prefix.addr).add(Number(prefix.last) + 1)
  }
  for (const [, first = '', last = ''] of text.matchAll(/([\d.]+)-([\d.]+)\[External\]/g)) {
    starts.add(parseAddr(first)).add(Number(parseAddr(last)) + 1)
  }
  return [...starts].filter(start => start < 2 ** 32).map(start => formatAddr(v4(start)))
}

/** Every number in a text that may be where a range of ports begins or ends. */
function breakpoints(text: string): readonly number[] {
  const starts = new Set<number>([1])
  for (const [digits] of text.matchAll(/\d+/g)) {
    const port = Number(digits)
    for (const start of [port, port + 1]) if (start >= 1 && start <= 65535) starts.add(start)
  }
  return [...starts].sort((a, b) => a - b)
}

/** As np-guard writes a connection: `All Connections`, `SCTP 9003,TCP 80,82-90`, `No Connections`. */
function connectionText(
  starts: readonly number[],
  allowed: (protocol: PolicyProtocol, port: number) => boolean,
): string {
  const parts: string[] = []
  let all = true
  for (const protocol of ['SCTP', 'TCP', 'UDP'] as const) {
    const ranges: [number, number][] = []
    for (const [i, start] of starts.entries()) {
      if (!allowed(protocol, start)) {
        all = false
        continue
      }
      const end = (starts[i + 1] ?? 65536) - 1
      const last = ranges.at(-1)
      if (last !== undefined && last[1] === start - 1) last[1] = end
      else ranges.push([start, end])
    }
    const text = ranges.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(',')
    if (text !== '') parts.push(`${protocol} ${text}`)
  }
  return all ? 'All Connections' : parts.length === 0 ? 'No Connections' : parts.join(',')
}
