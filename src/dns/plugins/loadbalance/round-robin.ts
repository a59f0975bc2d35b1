import type { ServerContext } from '../../plugin.ts'
import type { Message, Rr } from '../../wire/index.ts'
import { byKind } from './by-kind.ts'

/** Addresses and MX of each section in a random order; aliases first, then what else there is. SRV keep their order. */
export function roundRobin(message: Message, server: ServerContext): Message {
  const turned = (rrs: readonly Rr[]): readonly Rr[] => {
    if (rrs.length < 2) return rrs
    const { aliases, rest, addresses, exchanges } = byKind(rrs)
    return [...aliases, ...rest, ...shuffle(addresses, server), ...shuffle(exchanges, server)]
  }
  return {
    ...message,
    answer: turned(message.answer),
    authority: turned(message.authority),
    additional: turned(message.additional),
  }
}

/** The order decides which address a client takes first: two have two orders; more are swapped one by one, as CoreDNS does. */
function shuffle(rrs: readonly Rr[], server: ServerContext): Rr[] {
  const order = [...rrs]
  for (let i = 0; i < order.length - 1; i++) {
    const j = i + server.pick('order of DNS records', order.length - i)
    const a = order[i]
    const b = order[j]
    if (a === undefined || b === undefined) continue
    order[i] = b
    order[j] = a
  }
  return order
}
