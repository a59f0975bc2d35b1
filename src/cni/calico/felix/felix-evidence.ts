import { ruleTags } from './chain.ts'
import { endpointChain, policyChain } from './chain-names.ts'
import type { FelixPolicy, PolicyDirection } from './convert-policy.ts'
import type { FelixData } from './felix-data.ts'
import { FelixSets } from './felix-sets.ts'
import { felixMarks } from './marks.ts'
import { policyRules } from './policy-rules.ts'
import type { Workload } from './workload.ts'

/** The policy that a rule was written for, and which of its rules: `spec.ingress[0]`. */
export interface PolicyRuleOrigin {
  readonly policy: FelixPolicy
  readonly path: string
}

/** The pod that a chain is about, and the policies that decide there. */
export interface EndpointOrigin {
  readonly workload: Workload
  readonly direction: PolicyDirection
  readonly policies: readonly FelixPolicy[]
}

/** Leads from what Felix wrote back to the objects it was written for. Made when somebody asks. */
export class FelixEvidence {
  readonly #data: FelixData
  readonly #byTag = new Map<string, PolicyRuleOrigin>()
  readonly #endpoints = new Map<string, Pick<EndpointOrigin, 'workload' | 'direction'>>()
  readonly #sets: readonly FelixSets[]

  constructor(data: FelixData) {
    this.#data = data
    this.#sets = ([4, 6] as const).map(family => {
      const sets = new FelixSets(data, family)
      for (const direction of ['ingress', 'egress'] as const) {
        for (const policy of data.policies) this.#read(policy, direction, family, sets)
      }
      return sets
    })
  }

  /** For a rule of a policy's chain, by its text. */
  ofRule(text: string): PolicyRuleOrigin | undefined {
    return this.#byTag.get(/"cali:([^"]+)"/.exec(text)?.[1] ?? '')
  }

  /** For the chain of a pod: `cali-tw-…`, `cali-fw-…`. */
  ofEndpointChain(chain: string): EndpointOrigin | undefined {
    if (this.#endpoints.size === 0) {
      for (const workload of this.#data.workloads) {
        for (const direction of ['ingress', 'egress'] as const) {
          this.#endpoints.set(endpointChain(workload.device, direction), { workload, direction })
        }
      }
    }
    const found = this.#endpoints.get(chain)
    return found && { ...found, policies: this.#data.policiesOf(found.workload, found.direction) }
  }

  /** Who is in a set, in words. */
  inWords(set: string): string | undefined {
    for (const sets of this.#sets) {
      const words = sets.inWords(set)
      if (words !== undefined) return words
    }
    return undefined
  }

  #read(policy: FelixPolicy, direction: PolicyDirection, family: 4 | 6, sets: FelixSets): void {
    const marks = felixMarks(this.#data.config.variant)
    const parts = (policy[direction] ?? []).map(rule => ({
      path: rule.path,
      rules: policyRules(rule, direction, family, sets, marks),
    }))
    const name = policyChain(policy, direction)
    const tags = ruleTags({ name, rules: parts.flatMap(part => part.rules) })
    const paths = parts.flatMap(part => part.rules.map(() => part.path))
    for (const [i, tag] of tags.entries()) this.#byTag.set(tag, { policy, path: paths[i] ?? '' })
  }
}
