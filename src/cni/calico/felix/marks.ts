import type { FelixConfig } from '../config.ts'

/** The bits of a packet's mark in which chains of Felix tell each other what they found. */
export interface FelixMarks {
  /** A policy or profile allowed the packet. */
  readonly accept: number
  /** A policy leaves the decision to the next tier, or to the profiles. */
  readonly pass: number
  readonly scratch0: number
  readonly scratch1: number
  readonly all: number
}

/** Bits are allotted in order from `FELIX_IPTABLESMARKMASK`; a bit for dropped packets came later and moved the two last. */
export function felixMarks(variant: FelixConfig['variant']): FelixMarks {
  const [scratch0, scratch1] = variant === 'classic' ? [0x40000, 0x80000] : [0x80000, 0x100000]
  return { accept: 0x10000, pass: 0x20000, scratch0, scratch1, all: 0x30000 | scratch0 | scratch1 }
}

export function ifMarked(bit: number): string {
  return `-m mark --mark ${hex(bit)}/${hex(bit)}`
}

export function ifClear(bits: number): string {
  return `-m mark --mark 0/${hex(bits)}`
}

export function ifNotClear(bits: number): string {
  return `-m mark ! --mark 0/${hex(bits)}`
}

export function setMark(bit: number): string {
  return `--jump MARK --set-mark ${hex(bit)}/${hex(bit)}`
}

export function clearMark(bits: number): string {
  return `--jump MARK --set-mark 0/${hex(bits)}`
}

/** The bits of `mask` become those of `mark`. */
export function setMaskedMark(mark: number, mask: number): string {
  return `--jump MARK --set-mark ${hex(mark)}/${hex(mask)}`
}

function hex(value: number): string {
  return value === 0 ? '0' : `0x${(value >>> 0).toString(16)}`
}
