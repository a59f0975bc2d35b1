import type { LabelSelector, Pod } from '../../../controlplane/index.ts'
import { isHostNetwork, type PolicyEngine, podAddress, type TrafficEnd } from '../../../netpol/index.ts'
import { type Addr, familyOf, formatAddr } from '../../../wire/addr.ts'
import { workloadOf } from '../workload-of.ts'

/** A NetworkPolicy peer as it is written. */
export interface WrittenPeer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string }
}

/** Labels that say nothing of what a pod is for. */
const NOISE =
  /(?:^|\/)(?:pod-template-hash|controller-revision-hash|controller-uid|job-name|instance|pod-template-generation|statefulset\.kubernetes\.io.*|pod-name|pod-index)$/
/** Labels by which people select, best first. */
const LIKED = ['app', 'app.kubernetes.io/name', 'k8s-app', 'name', 'run', 'component', 'role', 'tier']

/** The peer that means this end and as little else as labels allow; for a policy of `namespace`, or of the whole cluster. */
export function exactPeer(engine: PolicyEngine, end: TrafficEnd, namespace: string | undefined): WrittenPeer {
  if (!('pod' in end)) return addressPeer(end.addr)
  const { pod } = end
  if (isHostNetwork(pod)) {
    const addr = podAddress(pod, engine.options.family)
    if (addr !== undefined) return addressPeer(addr)
  }
  const own = pod.metadata.namespace ?? 'default'
  const matchLabels = tellingLabels(engine, pod)
  const podSelector: LabelSelector = Object.keys(matchLabels).length === 0 ? {} : { matchLabels }
  if (own === namespace) return { podSelector }
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': own } }, podSelector }
}

/** The fewest labels that set the pods of a workload apart from the others of their namespace. */
export function tellingLabels(engine: PolicyEngine, pod: Pod): Readonly<Record<string, string>> {
  const labels = Object.entries(pod.metadata.labels ?? {}).filter(([key]) => !NOISE.test(key))
  labels.sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const workload = workloadOf(pod)
  const others = [...engine.pods()].filter(
    one => one.metadata.namespace === pod.metadata.namespace && workloadOf(one) !== workload,
  )
  let best: readonly (readonly [string, string])[] = labels
  let strangers = count(others, labels)
  for (const choice of [...labels.map(one => [one]), ...pairs(labels)]) {
    const found = count(others, choice)
    if (found < strangers || (found === strangers && choice.length < best.length)) {
      best = choice
      strangers = found
    }
  }
  return Object.fromEntries(best)
}

function count(pods: readonly Pod[], labels: readonly (readonly [string, string])[]): number {
  return pods.filter(pod => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length
}

function pairs<T>(items: readonly T[]): T[][] {
  return items.flatMap((a, i) => items.slice(i + 1).map(b => [a, b]))
}

function rank(key: string): number {
  const at = LIKED.indexOf(key)
  return at < 0 ? LIKED.length : at
}

function addressPeer(addr: Addr): WrittenPeer {
  return { ipBlock: { cidr: `${formatAddr(addr)}/${familyOf(addr) === 4 ? 32 : 128}` } }
}
