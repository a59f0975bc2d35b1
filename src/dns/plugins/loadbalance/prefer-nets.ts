import { tryParseAddr } from '../../../wire/addr.ts'
import type { Prefix } from '../../../wire/prefix.ts'
import type { Message, Rr } from '../../wire/index.ts'
import { byKind } from './by-kind.ts'

/** Addresses of the first network first, then those of the second, and so on; other addresses behind, in the order they have. */
export function preferNets(message: Message, nets: readonly Prefix[]): Message {
  const sorted = (rrs: readonly Rr[]): readonly Rr[] => {
    const { aliases, addresses, exchanges, rest } = byKind(rrs)
    const ranks = new Map(addresses.map(rr => [rr, rankOf(rr, nets)]))
    const ranked = [...addresses].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
    return [...aliases, ...ranked, ...exchanges, ...rest]
  }
  return { ...message, answer: sorted(message.answer), additional: sorted(message.additional) }
}

function rankOf({ data }: Rr, nets: readonly Prefix[]): number {
  const addr = data.kind === 'address' ? tryParseAddr(data.address) : undefined
  const rank = addr === undefined ? -1 : nets.findIndex(net => net.contains(addr))
  return rank < 0 ? nets.length : rank
}
