import { POLICY_PROFILES, type PolicyOptions, type PolicyProfile, type PolicyProtocol } from '../netpol/index.ts'
import type { CommonOptions } from './common-options.ts'

/** What the commands about policies take beside the common options. */
export interface PolicyCliOptions extends CommonOptions {
  readonly ipv6?: boolean
  readonly profile: PolicyProfile
}

export function policyOptions({ ipv6, profile }: Pick<PolicyCliOptions, 'ipv6' | 'profile'>): PolicyOptions {
  return { ...POLICY_PROFILES[profile], family: ipv6 === true ? 6 : 4 }
}

export function policyProtocol(text: string | undefined): PolicyProtocol | undefined {
  return text === 'tcp' ? 'TCP' : text === 'udp' ? 'UDP' : text === 'sctp' ? 'SCTP' : undefined
}
