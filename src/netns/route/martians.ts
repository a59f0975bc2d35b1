import type { Addr } from '../../wire/addr.ts'

export const LIMITED_BROADCAST = 0xffffffff as Addr
/** 224.0.0.1, the group of all hosts, of which every host is a member (RFC 1112 §4). */
export const ALL_HOSTS = 0xe0000001 as Addr

/** 0.0.0.0: the rest of 0.0.0.0/8 is unicast since Linux 5.3 (ipv4_is_zeronet). */
export function isZeronet4(addr: Addr): boolean {
  return addr === 0
}

export function isMulticast4(addr: Addr): boolean {
  return addr >= 0xe0000000 && addr < 0xf0000000
}

/** 224.0.0.0/24, never forwarded. */
export function isLocalMulticast4(addr: Addr): boolean {
  return addr >= 0xe0000000 && addr < 0xe0000100
}

export function isLoopback4(addr: Addr): boolean {
  return addr >= 0x7f000000 && addr < 0x80000000
}
