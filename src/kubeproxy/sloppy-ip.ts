import { type Addr, formatAddr, isV6, tryParseAddr } from '../wire/addr.ts'
import { Prefix } from '../wire/prefix.ts'

/**
 * Reads an address the way Kubernetes reads the ones that older API servers stored: leading zeros of IPv4 parts are decimal
 * and dropped (k8s.io/utils/net ParseIPSloppy). Undefined where it is no address.
 */
export function parseIpSloppy(text: string): Addr | undefined {
  return tryParseAddr(text.replace(/(^|\.)0+(?=[0-9])/g, '$1'))
}

/** `ParseIpSloppy` printed again in canonical form. */
export function canonicalIp(text: string): string | undefined {
  const addr = parseIpSloppy(text)
  return addr === undefined ? undefined : formatAddr(addr)
}

/** A CIDR as written in loadBalancerSourceRanges: blanks trimmed, leading zeros dropped, host bits cleared. */
export function parseCidrSloppy(text: string): Prefix | undefined {
  const [ip, length, ...rest] = text.trim().split('/')
  if (ip === undefined || length === undefined || rest.length > 0 || !/^[0-9]{1,3}$/.test(length)) return undefined
  const addr = parseIpSloppy(ip)
  if (addr === undefined || Number(length) > (isV6(addr) ? 128 : 32)) return undefined
  return new Prefix(addr, Number(length))
}
