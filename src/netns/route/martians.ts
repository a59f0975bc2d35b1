import type { Addr } from '../../wire/addr.ts'

export const LIMITED_BROADCAST = 0xffffffff as Addr
/** 224.0.0.1, the group of all hosts, of which every host is a member (RFC 1112 §4). */
export const ALL_HOSTS = 0xe0000001 as Addr

/** 0.0.0.0/8. */
export function isZeronet4(addr: Addr): boolean {
  return addr < 0x01000000
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
