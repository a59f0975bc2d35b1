import type { PolicyProfile } from '../netpol/index.ts'
import type { CommonOptions } from './common-options.ts'

export { policyOptions } from '../api/index.ts'

/** What the commands about policies take beside the common options. */
export interface PolicyCliOptions extends CommonOptions {
  readonly ipv6?: boolean
  readonly profile: PolicyProfile
}
