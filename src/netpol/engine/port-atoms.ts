import { type PortEntry, PROTOCOLS, type ProtocolIndex } from '../compile/compiled.ts'

/** A range of ports of one protocol that no rule distinguishes. */
export interface PortAtom {
  readonly protocol: ProtocolIndex
  readonly first: number
  readonly last: number
}

/** All ports of the three protocols, cut where some rule or named port begins or ends. */
export class PortAtoms {
  readonly atoms: readonly PortAtom[]
  /** Atom of (protocol, port) at `65536 · protocol + port`. */
  readonly #find: Uint16Array

  /** `cuts[protocol]`: ports at which an atom begins. */
  constructor(cuts: readonly ReadonlySet<number>[]) {
    const atoms: PortAtom[] = []
    this.#find = new Uint16Array(3 * 65536)
    for (const protocol of [0, 1, 2] as const) {
      const starts = [...new Set([1, ...(cuts[protocol] ?? [])])]
        .filter(start => start >= 1 && start <= 65535)
        .sort((a, b) => a - b)
      for (const [i, first] of starts.entries()) {
        const last = (starts[i + 1] ?? 65536) - 1
        this.#find.fill(atoms.length, 65536 * protocol + first, 65536 * protocol + last + 1)
        atoms.push({ protocol, first, last })
      }
    }
    this.atoms = atoms
  }

  get count(): number {
    return this.atoms.length
  }

  find(protocol: ProtocolIndex, port: number): number {
    return this.#find[65536 * protocol + port] ?? 0
  }

  /** Whether the ports of an entry are a union of atoms. */
  fits(protocol: ProtocolIndex, first: number, last: number): boolean {
    const begin = this.atoms[this.find(protocol, first)]
    const end = this.atoms[this.find(protocol, last)]
    return begin?.first === first && end?.last === last
  }

  /** One byte for each atom: whether the numbered entries contain it. Entries by name are left out. */
  mask(entries: readonly PortEntry[]): Uint8Array {
    const mask = new Uint8Array(this.count)
    for (const entry of entries) {
      if (entry.name !== undefined) continue
      mask.fill(1, this.find(entry.protocol, entry.first), this.find(entry.protocol, entry.last) + 1)
    }
    return mask
  }

  /** `TCP 80`, `UDP 1-52`. */
  text(atom: number): string {
    const found = this.atoms[atom]
    if (found === undefined) return ''
    const { protocol, first, last } = found
    return `${PROTOCOLS[protocol]} ${first === last ? first : `${first}-${last}`}`
  }
}
