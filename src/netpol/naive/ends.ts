import type { Pod } from '../../controlplane/index.ts'
import type { Addr } from '../../wire/addr.ts'
import { familyOf } from '../../wire/addr.ts'
import type { PolicyOptions } from '../options.ts'
import { isHostNetwork, podAddress } from '../pod-state.ts'
import type { PolicyProtocol, TrafficEnd } from './world.ts'

/** Whether the end is a pod that policies see as a pod. */
export function isPlainPod(end: TrafficEnd, options: PolicyOptions): end is { readonly pod: Pod } {
  return 'pod' in end && (!isHostNetwork(end.pod) || options.hostNetwork === 'pod')
}

export function addressOf(end: TrafficEnd, { family }: PolicyOptions): Addr | undefined {
  if ('pod' in end) return podAddress(end.pod, family)
  return familyOf(end.addr) === family ? end.addr : undefined
}

/** A name stands for the destination pod's ports of that name and protocol; where there is none, for nothing. */
export function namedPortMatches(name: string, to: TrafficEnd, protocol: PolicyProtocol, port: number): boolean {
  if (!('pod' in to)) return false
  const { containers, initContainers = [] } = to.pod.spec
  return [...containers, ...initContainers.filter(one => one.restartPolicy === 'Always')].some(container =>
    (container.ports ?? []).some(
      own => own.name === name && (own.protocol ?? 'TCP') === protocol && own.containerPort === port,
    ),
  )
}
