import { lengthLimited } from '../names.ts'
import type { FelixPolicy, PolicyDirection } from './convert-policy.ts'

/** Longest name that Felix gives to a chain. */
const MAX_NAME = 28

/** `cali-pi-…`, `cali-po-…`: the rules of a policy for one direction. */
export function policyChain({ id }: FelixPolicy, direction: PolicyDirection): string {
  return lengthLimited(direction === 'ingress' ? 'cali-pi-' : 'cali-po-', id, MAX_NAME)
}

/** `cali-pri-…`, `cali-pro-…`: what holds where no policy selects a pod. */
export function profileChain(profile: string, direction: PolicyDirection): string {
  return lengthLimited(direction === 'ingress' ? 'cali-pri-' : 'cali-pro-', profile, MAX_NAME)
}

/** `cali-tw-…` to a pod, `cali-fw-…` from it. */
export function endpointChain(device: string, direction: PolicyDirection): string {
  return lengthLimited(direction === 'ingress' ? 'cali-tw-' : 'cali-fw-', device, MAX_NAME)
}
