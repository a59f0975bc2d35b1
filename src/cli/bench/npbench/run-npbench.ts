import type { NetworkPolicy, Pod } from '../../../controlplane/index.ts'
import {
  countAllowed,
  type NaiveWorld,
  naiveAllowed,
  naiveWorld,
  PolicyEngine,
  PROTOCOLS,
} from '../../../netpol/index.ts'
import { generateCluster, type NpbenchSize } from './generate-cluster.ts'
import { randomPolicy } from './generate-policies.ts'
import { mulberry32, type Random } from './mulberry32.ts'
import { plainSnapshot } from './plain-snapshot.ts'

/** One line of the benchmark's JSON. */
export interface NpbenchResult {
  readonly name: string
  readonly size: string
  readonly runs: number
  readonly medianSeconds: number
  readonly p95Seconds: number
  readonly p99Seconds?: number
  /** User and system time of one run, which does not count the work of other programs on the machine. */
  readonly cpuSeconds?: number
  readonly peakMiB: number
  readonly perSecond?: number
  readonly ratio?: number
  readonly against?: string
  readonly note?: string
}

const SAMPLES = 100_000
const EDITS = 300
const NAIVE_SIZE: NpbenchSize = { pods: 1_000, policies: 100, namespaces: 30 }

/** Measures one size, and verifies in the same run that the engine says what the reference says. Throws where it does not. */
export function* runNpbench(
  name: string,
  size: NpbenchSize,
  runs: number,
  seed: number,
): IterableIterator<NpbenchResult> {
  const { objects, policies, apps } = generateCluster(size, seed)
  const snapshot = plainSnapshot(objects)
  const result = (what: string, times: readonly Times[], more: Partial<NpbenchResult> = {}): NpbenchResult => ({
    name: `npbench-${what}`,
    size: name,
    runs: times.length,
    ...summary(times),
    peakMiB: Math.round(process.memoryUsage().rss / (1 << 20)),
    ...more,
  })
  let engine = new PolicyEngine(snapshot)
  const allPairs: Times[] = []
  let allowed = 0
  for (let run = 0; run < runs; run++) {
    allPairs.push(
      timed(() => {
        engine = new PolicyEngine(snapshot)
        allowed = countAllowed(engine).reduce((a, b) => a + b, 0)
      }),
    )
  }
  const { table, vocabulary } = engine
  const note = `${table.count} classes, ${vocabulary.ports.count} port atoms, ${allowed} allowed (pair, atom)`
  yield result('all-pairs', allPairs, { note })
  const random = mulberry32(seed + 1)
  yield result('pair', pairQueries(engine, snapshot.pods, random))
  const edits: Times[] = []
  const before = engine.rebuilds
  for (let i = 0; i < EDITS; i++) {
    const number = Math.floor(random() * policies.length)
    const policy = randomPolicy(number, apps, random)
    edits.push(timed(() => engine.setPolicy(policy)))
    engine.removePolicy('NetworkPolicy', policy.metadata.namespace, policy.metadata.name)
  }
  yield result('policy-edit', edits, { note: `${engine.rebuilds - before} of ${EDITS} made everything anew` })
  const moves: Times[] = []
  for (let i = 0; i < EDITS; i++) moves.push(timed(() => engine.setPod(relabelled(snapshot.pods, random))))
  yield result('pod-relabel', moves)
  engine = new PolicyEngine(snapshot)
  yield result('verify', [timed(() => verify(engine, naiveWorld(snapshot, engine.options), random))], {
    note: `${SAMPLES} sampled pairs and ports equal the reference`,
  })
  yield againstNaive(name, seed, result)
}

/** All pairs of a small cluster at one port, by both. */
function againstNaive(
  name: string,
  seed: number,
  result: (what: string, times: readonly Times[], more?: Partial<NpbenchResult>) => NpbenchResult,
): NpbenchResult {
  const snapshot = plainSnapshot(generateCluster(NAIVE_SIZE, seed).objects)
  const { pods } = snapshot
  let fast = 0
  const engine = Array.from({ length: 7 }, () =>
    timed(() => {
      const made = new PolicyEngine(snapshot)
      const atom = made.vocabulary.ports.find(0, 8080)
      fast = countAllowed(made)[atom] ?? 0
      // The count takes a pod and itself for two pods of a class; the reference lets a pod reach itself.
      for (const pod of pods) {
        const index = made.classOfPod(pod) ?? 0
        if (!made.classAllows(index, index, atom)) fast++
      }
    }),
  )
  const world = naiveWorld(snapshot, new PolicyEngine(snapshot).options)
  let slow = 0
  const naive = timed(() => {
    for (const from of pods) {
      for (const to of pods) {
        if (naiveAllowed(world, { from: { pod: from }, to: { pod: to }, protocol: 'TCP', port: 8080 })) slow++
      }
    }
  })
  if (slow !== fast) throw new Error(`the reference allows ${slow} pairs, the engine ${fast}`)
  const ratio = naive.cpu / summary(engine).cpuSeconds
  return result('against-naive', engine, {
    size: '1000x100',
    ratio,
    against: 'the reference evaluator, one port of all',
    note: name,
  })
}

function pairQueries(engine: PolicyEngine, pods: readonly Pod[], random: Random): readonly Times[] {
  const times: Times[] = []
  const batch = 1000
  for (let i = 0; i < SAMPLES / batch; i++) {
    const pairs = Array.from({ length: batch }, () => [pick(pods, random), pick(pods, random)] as const)
    const { wall, cpu } = timed(() => {
      for (const [from, to] of pairs) engine.allows({ pod: from }, { pod: to }, 0, 8080)
    })
    times.push({ wall: wall / batch, cpu: cpu / batch })
  }
  return times
}

function verify(engine: PolicyEngine, world: NaiveWorld, random: Random): void {
  // Policies of other namespaces select neither end: the reference is asked with those of the two.
  const byNamespace = new Map<string, NetworkPolicy[]>()
  for (const policy of world.policies) {
    const list = byNamespace.get(policy.metadata.namespace ?? '')
    if (list === undefined) byNamespace.set(policy.metadata.namespace ?? '', [policy])
    else list.push(policy)
  }
  const { pods } = world.snapshot
  const ports = [53, 80, 443, 3000, 5432, 8080, 8085, 8443, 9090, 9092, 9100, 50051, 12345]
  for (let i = 0; i < SAMPLES; i++) {
    const [from, to] = [pick(pods, random), pick(pods, random)]
    const protocol = random() < 0.8 ? 'TCP' : 'UDP'
    const port = ports[Math.floor(random() * ports.length)] ?? 80
    const [a = '', b = ''] = [from.metadata.namespace, to.metadata.namespace]
    const policies = [...(byNamespace.get(a) ?? []), ...(a === b ? [] : (byNamespace.get(b) ?? []))]
    const wanted = naiveAllowed({ ...world, policies }, { from: { pod: from }, to: { pod: to }, protocol, port })
    if (engine.allows({ pod: from }, { pod: to }, PROTOCOLS.indexOf(protocol) === 1 ? 1 : 0, port) !== wanted) {
      throw new Error(
        `${a}/${from.metadata.name} -> ${b}/${to.metadata.name} ${protocol} ${port}: the reference says ${wanted}`,
      )
    }
  }
}

function relabelled(pods: readonly Pod[], random: Random): Pod {
  const pod = pick(pods, random)
  const ver = pod.metadata.labels?.ver === 'v1' ? 'v2' : 'v1'
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ver } } }
}

interface Times {
  readonly wall: number
  readonly cpu: number
}

function timed(work: () => void): Times {
  const cpu = process.cpuUsage()
  const start = process.hrtime.bigint()
  work()
  const wall = Number(process.hrtime.bigint() - start) / 1e9
  const { user, system } = process.cpuUsage(cpu)
  return { wall, cpu: (user + system) / 1e6 }
}

function summary(times: readonly Times[]): {
  medianSeconds: number
  p95Seconds: number
  p99Seconds: number
  cpuSeconds: number
} {
  const walls = times.map(one => one.wall).sort((a, b) => a - b)
  const cpus = times.map(one => one.cpu).sort((a, b) => a - b)
  const at = (list: readonly number[], q: number): number =>
    list[Math.min(list.length - 1, Math.floor(q * list.length))] ?? 0
  return {
    medianSeconds: at(walls, 0.5),
    p95Seconds: at(walls, 0.95),
    p99Seconds: at(walls, 0.99),
    cpuSeconds: at(cpus, 0.5),
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('there is nothing to pick from')
  return item
}
