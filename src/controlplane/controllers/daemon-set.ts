import { nameSuffix } from '../random-source.ts'
import type { DaemonSet, Node, Pod, Toleration } from '../types/index.ts'
import { PodClaims } from './claim-pods.ts'
import type { Controller, ControllerContext } from './context.ts'
import { podFromTemplate } from './pod-from-template.ts'
import { isActive, isReady } from './pod-state.ts'
import { matchesNode, untoleratedTaint } from './scheduler/index.ts'
import { writeStatus } from './write-status.ts'

/** What every daemon pod tolerates (pkg/controller/daemon/util AddOrUpdateDaemonPodTolerations). */
const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]
const HOST_NETWORK: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
}

/** One pod on every node that its selector, affinity and tolerations admit. */
export const daemonSetController: Controller = context => {
  const claims = new PodClaims(context)
  const { nodes, daemonSets } = context.store.snapshot()
  for (const daemonSet of daemonSets) {
    if (daemonSet.metadata.deletionTimestamp !== undefined) continue
    const pods = claims.of(daemonSet, daemonSet.spec.selector).filter(isActive)
    const byNode = new Map<string, Pod>()
    for (const pod of pods) {
      const node = targetNode(pod)
      if (node !== undefined && !byNode.has(node)) byNode.set(node, pod)
      else context.store.delete('Pod', pod.metadata.namespace, pod.metadata.name)
    }
    const eligible = nodes.filter(node => admits(daemonSet, node))
    const names = new Set(nodes.map(node => node.metadata.name))
    for (const node of eligible) if (!byNode.has(node.metadata.name)) createPod(context, daemonSet, node)
    const wanted = new Set(eligible.map(node => node.metadata.name))
    for (const [node, pod] of byNode) {
      if (names.has(node) && !wanted.has(node)) context.store.delete('Pod', pod.metadata.namespace, pod.metadata.name)
    }
    const ready = pods.filter(isReady).length
    writeStatus(context, daemonSet, {
      desiredNumberScheduled: eligible.length,
      currentNumberScheduled: pods.length,
      numberReady: ready,
      numberAvailable: ready,
    })
  }
}

function tolerationsOf({ spec }: DaemonSet): readonly Toleration[] {
  const host = spec.template.spec.hostNetwork === true ? [HOST_NETWORK] : []
  return [...(spec.template.spec.tolerations ?? []), ...TOLERATIONS, ...host]
}

function admits(daemonSet: DaemonSet, node: Node): boolean {
  const { spec } = daemonSet.spec.template
  if ((spec.nodeName ?? '') !== '' && spec.nodeName !== node.metadata.name) return false
  if (!matchesNode(spec, node)) return false
  return untoleratedTaint(node, tolerationsOf(daemonSet), ['NoSchedule', 'NoExecute']) === undefined
}

/** Upstream leaves the binding to the scheduler, through a required affinity to the node's name. */
function createPod(context: ControllerContext, daemonSet: DaemonSet, node: Node): void {
  const { name, namespace = 'default' } = daemonSet.metadata
  const { spec, metadata } = daemonSet.spec.template
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node.metadata.name] }] }
  const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
    ...(preferred === undefined ? {} : { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  }
  const template = {
    ...(metadata === undefined ? {} : { metadata }),
    spec: { ...spec, affinity: { ...spec.affinity, nodeAffinity } },
  }
  for (let attempt = 0; ; attempt++) {
    const podName = `${name}-${nameSuffix(context.random, `${namespace}/${name}/${node.metadata.name}/${attempt}`)}`
    if (context.store.get('Pod', namespace, podName) !== undefined) continue
    context.store.apply(
      podFromTemplate(daemonSet, template, podName, { spec: { tolerations: tolerationsOf(daemonSet) } }),
    )
    return
  }
}

/** The node that a daemon pod is on, or is meant for. */
function targetNode({ spec }: Pod): string | undefined {
  if ((spec.nodeName ?? '') !== '') return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  for (const { matchFields } of terms) {
    const name = matchFields?.find(field => field.key === 'metadata.name')?.values?.[0]
    if (name !== undefined) return name
  }
  return undefined
}
