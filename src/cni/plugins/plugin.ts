import type { HostDraft } from '../runtime/host-draft.ts'
import type { CniInvocation, CniResult, PluginConfig } from '../runtime/types.ts'

/** What a plugin is given: the node it runs on, its environment, and its part of the configuration. */
export interface PluginContext {
  readonly host: HostDraft
  readonly invocation: CniInvocation
  readonly cniVersion: string
  /** Name of the network, from the configuration list. */
  readonly network: string
  readonly config: PluginConfig
  readonly prevResult: CniResult | undefined
}

/** One network plugin. Failures are thrown as CniError. */
export interface CniPlugin {
  readonly type: string
  /** It prints its result in one form, whatever version was asked for: addresses never say which version of IP they are. */
  readonly unversioned?: boolean
  add(context: PluginContext): CniResult
  /** Succeeds when there is nothing left to delete. */
  del(context: PluginContext): void
  check(context: PluginContext): void
}
