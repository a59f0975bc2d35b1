import type { KubeObject, Pod, Service } from '../../../controlplane/index.ts'
import type { CompiledPolicy, PolicyEngine } from '../../../netpol/index.ts'
import type { Prefix } from '../../../wire/prefix.ts'

/** What rules look at. */
export interface LintContext {
  readonly engine: PolicyEngine
  readonly pods: readonly Pod[]
  readonly services: readonly Service[]
  readonly podSubnets: readonly Prefix[]
}

export interface LintFinding {
  readonly object: KubeObject
  /** `spec.ingress[0].from[1]`; empty for the whole object. */
  readonly path: string
  readonly message: string
}

export interface LintRule {
  /** Stable; docs/lint/ID.md explains it. */
  readonly id: string
  readonly level: 'error' | 'warning' | 'note'
  readonly summary: string
  check(context: LintContext): Iterable<LintFinding>
}

/** Pods that a policy selects. */
export function selectedPods({ engine, pods }: LintContext, policy: CompiledPolicy): readonly Pod[] {
  return pods.filter(pod => {
    const index = engine.classOfPod(pod)
    if (index === undefined) return false
    return (['ingress', 'egress'] as const).some(direction => engine.selecting(direction, index).includes(policy))
  })
}
