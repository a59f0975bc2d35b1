import { KubehopError } from '../../errors.ts'
import type { PluginSetup, ServerContext } from '../plugin.ts'
import { RCODES, type Rr, TYPES } from '../wire/index.ts'

/** `loadbalance [round_robin]`: addresses and MX of each section in a random order; aliases first, then what else there is. SRV keep their order. */
export const loadbalance: PluginSetup = {
  name: 'loadbalance',
  setup(c) {
    while (c.next()) {
      const [policy = 'round_robin', ...rest] = c.remainingArgs()
      if (policy === 'weighted')
        throw new KubehopError('KH_COREFILE', `${c.err('policy weighted is not simulated').text}`)
      if (policy !== 'round_robin') throw c.err(`unknown policy: ${policy}`)
      if (rest.length > 0) throw c.err('unknown property for policy round_robin')
      while (c.nextBlock()) throw c.err(`unknown property '${c.val}'; it is not simulated`)
    }
    return [
      {
        name: 'loadbalance',
        *serve(state, next) {
          const outcome = yield* next(state)
          const { message } = outcome
          const { type } = state.question
          if (message === undefined || message.rcode !== RCODES.NOERROR || type === TYPES.AXFR || type === TYPES.IXFR)
            return outcome
          return {
            ...outcome,
            message: {
              ...message,
              answer: roundRobin(message.answer, state.server),
              authority: roundRobin(message.authority, state.server),
              additional: roundRobin(message.additional, state.server),
            },
          }
        },
      },
    ]
  },
}

/** Aliases, other records, addresses, MX (plugin/loadbalance/loadbalance.go). */
function roundRobin(rrs: readonly Rr[], server: ServerContext): readonly Rr[] {
  if (rrs.length < 2) return rrs
  const aliases = rrs.filter(rr => rr.type === TYPES.CNAME)
  const addresses = rrs.filter(rr => rr.type === TYPES.A || rr.type === TYPES.AAAA)
  const exchanges = rrs.filter(rr => rr.type === TYPES.MX)
  const rest = rrs.filter(rr => !aliases.includes(rr) && !addresses.includes(rr) && !exchanges.includes(rr))
  return [...aliases, ...rest, ...shuffle(addresses, server), ...shuffle(exchanges, server)]
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
