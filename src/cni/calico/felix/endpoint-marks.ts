import type { FelixConfig } from '../config.ts'
import { felixMarks } from './marks.ts'

/**
 * With kube-proxy in IPVS mode packets for a Service pass INPUT and OUTPUT, where it can no longer be asked by which interface they came in:
 * so INPUT notes it in the bits of the mark that are left over (felix rules/epmark.go).
 */
export interface EndpointMarks {
  readonly mask: number
  /** Packets that came in by no pod's interface. */
  readonly other: number
  /** By interface. */
  readonly marks: ReadonlyMap<string, number>
}

/** All bits that Felix may use. */
const ALL_BITS = 0xffff0000

/** A number for each interface, from a hash of its name; the next free one where two meet. */
export function endpointMarks(devices: readonly string[], variant: FelixConfig['variant']): EndpointMarks {
  const { scratch1 } = felixMarks(variant)
  const lowest = scratch1 * 2
  const mask = (ALL_BITS & ~(lowest - 1)) >>> 0
  const positions = (mask >>> 0) / lowest + 1
  // The first number stands for all that are no pod's.
  const taken = new Set([0, 1])
  const marks = new Map<string, number>()
  for (const device of [...devices].sort()) {
    let position = fnv32(device) % positions
    for (let i = 0; i < positions && taken.has(position); i++) position = (position + 1) % positions
    if (taken.has(position)) continue
    taken.add(position)
    marks.set(device, position * lowest)
  }
  return { mask, other: lowest, marks }
}

/** FNV-1 of 32 bits (Go's hash/fnv New32). */
function fnv32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash, 0x01000193) ^ byte
  return hash >>> 0
}
