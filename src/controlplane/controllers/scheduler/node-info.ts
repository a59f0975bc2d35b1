import { parseQuantity } from '../../quantity.ts'
import type { Node, Pod, PodSpec } from '../../types/index.ts'
import { type Amounts, DEFAULT_CAPACITY, podRequests, scoringRequests } from './resources.ts'

interface HostPort {
  readonly ip: string
  readonly key: string
}

/** A node with what its pods hold of it. */
export class NodeInfo {
  readonly node: Node
  readonly allocatable: Amounts
  readonly requested = new Map<string, number>()
  podCount = 0
  scoringCpu = 0
  scoringMemory = 0
  readonly #hostPorts: HostPort[] = []

  constructor(node: Node) {
    this.node = node
    const given = { ...DEFAULT_CAPACITY, ...(node.status?.allocatable ?? node.status?.capacity) }
    this.allocatable = new Map(Object.entries(given).map(([name, quantity]) => [name, parseQuantity(quantity) ?? 0]))
  }

  add(pod: Pod): void {
    this.podCount++
    for (const [name, amount] of podRequests(pod.spec))
      this.requested.set(name, (this.requested.get(name) ?? 0) + amount)
    const { cpu, memory } = scoringRequests(pod.spec)
    this.scoringCpu += cpu
    this.scoringMemory += memory
    this.#hostPorts.push(...hostPorts(pod.spec))
  }

  /** `0.0.0.0` clashes with every address. */
  hasPortConflict(spec: PodSpec): boolean {
    const any = '0.0.0.0'
    return hostPorts(spec).some(wanted =>
      this.#hostPorts.some(
        used => used.key === wanted.key && (used.ip === wanted.ip || used.ip === any || wanted.ip === any),
      ),
    )
  }

  /** The resources of which too little is left, as the scheduler names them. */
  lacking(requests: Amounts): readonly string[] {
    const reasons: string[] = []
    if (this.podCount + 1 > (this.allocatable.get('pods') ?? 110)) reasons.push('Too many pods')
    for (const [name, amount] of requests) {
      // Sums of decimal fractions: a millionth of a core is no shortage.
      const left = (this.allocatable.get(name) ?? 0) - (this.requested.get(name) ?? 0)
      if (amount > 0 && amount > left * (1 + 1e-9) + 1e-9) reasons.push(`Insufficient ${name}`)
    }
    return reasons
  }
}

export function hostPorts(spec: PodSpec): HostPort[] {
  const result: HostPort[] = []
  for (const { ports } of spec.containers ?? []) {
    for (const { hostPort = 0, hostIP = '', protocol = 'TCP' } of ports ?? []) {
      if (hostPort > 0)
        result.push({ ip: hostIP === '' || hostIP === '::' ? '0.0.0.0' : hostIP, key: `${protocol}/${hostPort}` })
    }
  }
  return result
}
