import { addrBytes, parseAddr } from '../../wire/addr.ts'
import { type Mac, parseMac } from '../../wire/mac.ts'
import { sha512Hex } from './digest.ts'
import { addressOf } from './host-draft.ts'

/** `0a:58` and the four bytes of the IPv4 address: a MAC address that can be read (IPv6: the last four bytes). */
export function macForAddress(cidr: string): Mac {
  const bytes = addrBytes(parseAddr(addressOf(cidr))).slice(-4)
  return parseMac(['0a', '58', ...[...bytes].map(byte => byte.toString(16).padStart(2, '0'))].join(':'))
}

/**
 * The MAC address of a device whose name is all that is known. Linux draws it at random; here it comes from the name, so that the
 * same cluster has the same addresses. First byte as flanneld and the kernel make it: locally administered, unicast.
 */
export function macForName(name: string): Mac {
  const hex = sha512Hex(name, 12)
  const first = ((Number.parseInt(hex.slice(0, 2), 16) & 0xfe) | 0x02).toString(16).padStart(2, '0')
  return parseMac(`${first}:${hex.slice(2).replace(/(..)(?=.)/g, '$1:')}`)
}
