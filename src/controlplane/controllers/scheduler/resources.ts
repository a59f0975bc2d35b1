import { parseQuantity } from '../../quantity.ts'
import type { Container, PodSpec } from '../../types/index.ts'

/** Amounts by resource name: cpu in cores, memory in bytes. */
export type Amounts = ReadonlyMap<string, number>

/** A node that does not say what it has is taken for a small machine; the kubelet's limit of pods is 110. */
export const DEFAULT_CAPACITY: Readonly<Record<string, string>> = { cpu: '4', memory: '16Gi', pods: '110' }

/**
 * What a pod asks for: the sum of its containers and sidecars, or the largest init container where that is more
 * (k8s.io/component-helpers/resource PodRequests).
 */
export function podRequests(spec: PodSpec): Amounts {
  const total = new Map<string, number>()
  for (const container of spec.containers ?? []) addRequests(total, container)
  const largest = new Map<string, number>()
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') addRequests(total, container)
    else for (const [name, amount] of requestsOf(container)) largest.set(name, Math.max(largest.get(name) ?? 0, amount))
  }
  for (const [name, amount] of largest) total.set(name, Math.max(total.get(name) ?? 0, amount))
  return total
}

/** For scoring, a container that asks for nothing counts as 100 m of cpu and 200 MiB (pkg/scheduler/util). */
export function scoringRequests(spec: PodSpec): { cpu: number; memory: number } {
  let cpu = 0
  let memory = 0
  for (const { resources } of spec.containers ?? []) {
    cpu += parseQuantity(resources?.requests?.cpu) ?? 0.1
    memory += parseQuantity(resources?.requests?.memory) ?? 200 * 1024 * 1024
  }
  return { cpu, memory }
}

function requestsOf({ resources }: Container): [string, number][] {
  return Object.entries(resources?.requests ?? {}).map(([name, quantity]) => [name, parseQuantity(quantity) ?? 0])
}

function addRequests(total: Map<string, number>, container: Container): void {
  for (const [name, amount] of requestsOf(container)) total.set(name, (total.get(name) ?? 0) + amount)
}
