import { PROTOCOLS, type TrafficEnd } from '../../netpol/index.ts'
import { formatAddr } from '../../wire/addr.ts'
import type { GroupBy } from './reach-group.ts'
import type { Flow } from './why/rule-misses.ts'
import { workloadOf } from './workload-of.ts'

/** `shop/web`, or the address. */
export function endName(end: TrafficEnd, by: GroupBy = 'pod'): string {
  if (!('pod' in end)) return formatAddr(end.addr)
  if (by === 'workload') return workloadOf(end.pod)
  const namespace = end.pod.metadata.namespace ?? 'default'
  return by === 'namespace' ? namespace : `${namespace}/${end.pod.metadata.name}`
}

/** `shop/web -> shop/db TCP 5432`. */
export function flowName({ from, to, protocol, port }: Flow): string {
  return `${endName(from)} -> ${endName(to)} ${PROTOCOLS[protocol]} ${port}`
}
