import type { ListenerConfig, NamespaceConfig } from '../../netns/config.ts'

/** What is built and done in both worlds. Plain data: `JSON.parse(JSON.stringify(x))` is the same experiment. */
export interface Experiment {
  readonly title: string
  /**
   * Namespaces in the order in which they are configured. Links without a MAC get one that follows from namespace and name.
   * Segments (`kind: 'physical'`) become a switch.
   */
  readonly configs: readonly NamespaceConfig[]
  readonly steps: readonly Step[]
}

/** What every question can say. Addresses as text. */
interface Probe {
  /** Namespace that asks. */
  readonly from: string
  readonly to: string
  readonly src?: string
  readonly ttl?: number
  /** true: IP_PMTUDISC_DO, false: IP_PMTUDISC_DONT, left out: as the kernel does. */
  readonly df?: boolean
  /** Payload bytes. UDP default 4, ping 56, TCP 4 (0: connect only). */
  readonly size?: number
  readonly mark?: number
  readonly tos?: number
  /** Milliseconds after which the program gives up. Default 60. */
  readonly patience?: number
}

/** Left out, `sport` is 40000 + number of the step, and `id` 1000 + number of the step. */
export type Step =
  | (Probe & { readonly kind: 'udp'; readonly port: number; readonly sport?: number; readonly connected?: boolean })
  | (Probe & { readonly kind: 'tcp'; readonly port: number; readonly sport?: number })
  | (Probe & { readonly kind: 'ping'; readonly id?: number })
  /** `iptables-restore` (with `--noflush` when so said). */
  | {
      readonly kind: 'rules'
      readonly ns: string
      readonly family: 4 | 6
      readonly text: string
      readonly noflush?: boolean
    }
  | { readonly kind: 'ipset'; readonly ns: string; readonly text: string }
  | { readonly kind: 'sysctl'; readonly ns: string; readonly name: string; readonly value: string }
  | { readonly kind: 'link'; readonly ns: string; readonly dev: string; readonly up?: boolean; readonly mtu?: number }
  /** `ip addr|route|rule|neigh add|del LINE` (neigh add is `neigh replace`). */
  | {
      readonly kind: 'addr' | 'route' | 'rule' | 'neigh'
      readonly ns: string
      readonly action: 'add' | 'del'
      readonly line: string
    }
  /** `bridge fdb append|del LINE`. */
  | { readonly kind: 'fdb'; readonly ns: string; readonly action: 'append' | 'del'; readonly line: string }
  | { readonly kind: 'listen' | 'unlisten'; readonly ns: string; readonly listener: ListenerConfig }
  /** `conntrack -F`. */
  | { readonly kind: 'flushConntrack'; readonly ns: string }
  | { readonly kind: 'wait'; readonly ms: number }
  /** `ip route get TO [from …] [iif …] [mark …]`. */
  | {
      readonly kind: 'routeGet'
      readonly ns: string
      readonly to: string
      readonly src?: string
      readonly iif?: string
      readonly mark?: number
    }

/** What one world showed. */
export interface Observation {
  /** Why a namespace could not be configured, by name; such a world does no steps. */
  readonly refused: Readonly<Record<string, string>>
  readonly steps: readonly StepObservation[]
  /** `iptables-save -c` by namespace and family, `NS -4`. */
  readonly counters: Readonly<Record<string, readonly string[]>>
  readonly conntrack: Readonly<Record<string, readonly string[]>>
  readonly neighbours: Readonly<Record<string, readonly string[]>>
  readonly fdb: Readonly<Record<string, readonly string[]>>
}

export interface StepObservation {
  /** What the asking program learnt, or the outcome of the change: `ok …`, `timeout`, `ECONNREFUSED`, `refused`. */
  readonly result: string
  /** What servers saw: `NS udp 8080 10.0.0.1:40000 > 10.0.0.2:8080`, in order. */
  readonly served: readonly string[]
  /** `NS DEV In|Out|P|B …` in the order of that world. */
  readonly frames: readonly string[]
  /** Milliseconds from the first step to what this one showed. */
  readonly at: number
}

export interface Difference {
  /** `build`, `step 3 result`, `step 3 frames n1 eth0`, `counters n1 -4`, `conntrack n1`, `neighbours n1`, `fdb n1`. */
  readonly what: string
  readonly kernel: readonly string[]
  readonly simulated: readonly string[]
}

export interface Comparison {
  readonly agreed: boolean
  readonly differences: readonly Difference[]
  readonly kernel: Observation
  readonly simulated: Observation
  /** Both worlds side by side, step by step; empty when they agree. */
  readonly text: string
  /** Frames that the kernel showed. */
  readonly frames: number
  /** How often the worlds were compared until they agreed, or no more. */
  readonly times: number
}
