import { type Rr, TYPES } from '../../wire/index.ts'

/** The records of one section, apart: aliases, addresses, MX, and what else there is. */
export interface ByKind {
  readonly aliases: readonly Rr[]
  readonly addresses: readonly Rr[]
  readonly exchanges: readonly Rr[]
  readonly rest: readonly Rr[]
}

export function byKind(rrs: readonly Rr[]): ByKind {
  const isAddress = ({ type }: Rr): boolean => type === TYPES.A || type === TYPES.AAAA
  return {
    aliases: rrs.filter(rr => rr.type === TYPES.CNAME),
    addresses: rrs.filter(isAddress),
    exchanges: rrs.filter(rr => rr.type === TYPES.MX),
    rest: rrs.filter(rr => rr.type !== TYPES.CNAME && rr.type !== TYPES.MX && !isAddress(rr)),
  }
}
