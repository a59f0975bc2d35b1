import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { didYouMean } from '../names.ts'
import type { Condition, Node, Pod, PodStatus } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'
import { isFinished, isTerminating, podAddresses } from './pod-state.ts'

/** `"false"`: the pod runs and is not ready; anything else: it is. Overrules what a dump says. */
export const READY_ANNOTATION = 'kubehop.dev/ready'

/** The kubelets, as far as they matter: bound pods run, have addresses, and are ready unless they say otherwise. */
export const kubelet: Controller = context => {
  const snapshot = context.store.snapshot()
  const taken = new Map<string, Pod>()
  for (const pod of snapshot.pods) claim(context, taken, pod)
  for (const pod of snapshot.pods) {
    const { nodeName = '' } = pod.spec
    if (nodeName === '' || isFinished(pod) || isTerminating(pod)) continue
    const node = context.store.get('Node', undefined, nodeName) as Node | undefined
    if (node === undefined) {
      const near = didYouMean(
        nodeName,
        snapshot.nodes.map(one => one.metadata.name),
      )
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      context.warn('UNKNOWN_NODE', `spec.nodeName: there is no node ${nodeName}${hint}; the pod stays Pending`, pod)
      continue
    }
    const status = nextStatus(context, pod, node, taken)
    if (status !== pod.status) context.store.apply({ ...pod, status } as Pod)
  }
}

/** Addresses in use. Host-network pods share their node's. */
function claim(context: ControllerContext, taken: Map<string, Pod>, pod: Pod): void {
  if (isFinished(pod) || pod.spec.hostNetwork === true) return
  for (const ip of podAddresses(pod)) {
    const holder = taken.get(ip)
    if (holder === undefined) taken.set(ip, pod)
    else {
      const message = `status.podIP: ${ip} is also the address of pod ${holder.metadata.namespace}/${holder.metadata.name}`
      context.warn('ADDRESS_CLASH', message, pod)
    }
  }
}

function nextStatus(context: ControllerContext, pod: Pod, node: Node, taken: Map<string, Pod>): PodStatus | undefined {
  const { status } = pod
  // Conditions that tell of readiness were written by a kubelet: a real one, or this one in an earlier round.
  const settled = status?.conditions?.some(one => one.type === 'Ready') === true
  const wanted = pod.metadata.annotations?.[READY_ANNOTATION]
  const ips = podAddresses(pod)
  const waits = settled && status?.phase !== 'Running'
  if (waits && wanted === undefined) return status
  const addresses = ips.length > 0 ? ips : addressesFor(context, pod, node, taken)
  if (addresses.length === 0) return status
  const ready = wanted === undefined ? (settled ? undefined : true) : wanted !== 'false'
  const complete = status?.podIPs !== undefined && status.hostIP !== undefined && ips.length > 0
  if (settled && complete && (ready === undefined || isReadyAs(status, ready))) return status
  const hostIPs = internalIPs(node)
  const [podIP = ''] = addresses
  return {
    ...status,
    phase: 'Running',
    ...(hostIPs[0] === undefined ? {} : { hostIP: status?.hostIP ?? hostIPs[0], hostIPs: hostIPs.map(ip => ({ ip })) }),
    podIP,
    podIPs: addresses.map(ip => ({ ip })),
    conditions: ready === undefined ? (status?.conditions ?? []) : conditions(status?.conditions ?? [], ready),
  }
}

function isReadyAs(status: PodStatus | undefined, ready: boolean): boolean {
  const condition = status?.conditions?.find(one => one.type === 'Ready')
  return status?.phase === 'Running' && (condition?.status === 'True') === ready
}

function addressesFor(context: ControllerContext, pod: Pod, node: Node, taken: Map<string, Pod>): readonly string[] {
  if (pod.spec.hostNetwork === true) return internalIPs(node)
  const ips = context.assignPodIP(pod, node, ip => taken.has(ip)) ?? []
  for (const ip of ips) taken.set(ip, pod)
  return ips
}

/** A node's own addresses in canonical text. */
export function internalIPs(node: Node): readonly string[] {
  const ips: string[] = []
  for (const { type, address } of node.status?.addresses ?? []) {
    const addr = type === 'InternalIP' ? tryParseAddr(address) : undefined
    if (addr !== undefined) ips.push(formatAddr(addr))
  }
  return ips
}

function conditions(before: readonly Condition[], ready: boolean): readonly Condition[] {
  const yes = (type: string): Condition => ({ type, status: 'True' })
  const readiness = (type: string): Condition =>
    ready
      ? yes(type)
      : { type, status: 'False', reason: 'ContainersNotReady', message: `annotation ${READY_ANNOTATION}` }
  const made = [
    yes('PodReadyToStartContainers'),
    yes('Initialized'),
    readiness('Ready'),
    readiness('ContainersReady'),
    yes('PodScheduled'),
  ]
  const names = new Set(made.map(one => one.type))
  return [...made, ...before.filter(one => !names.has(one.type))]
}
