import { KubehopError } from '../../errors.ts'
import { addrFromBigInt, addrToBigInt, formatAddr, parseAddr } from '../../wire/addr.ts'
import { type Prefix, parsePrefix } from '../../wire/prefix.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import type { PluginSetup } from '../plugin.ts'
import { addressRr, RCODES, type Rr, TYPES } from '../wire/index.ts'

/** `dns64 [PREFIX] { translate_all; prefix PREFIX; allow_ipv4 }`: IPv6 addresses made of IPv4 ones (RFC 6147, RFC 6052 /96). */
export const dns64: PluginSetup = {
  name: 'dns64',
  setup(c) {
    let prefix = parsePrefix('64:ff9b::/96')
    let all = false
    let allowIPv4 = false
    while (c.next()) {
      const [text, ...rest] = c.remainingArgs()
      if (rest.length > 0) throw c.argErr()
      if (text !== undefined) prefix = prefixOf(text, c)
      while (c.nextBlock()) {
        const property = c.val
        const [value] = c.remainingArgs()
        if (property === 'prefix' && value !== undefined) prefix = prefixOf(value, c)
        else if (property === 'translate_all') all = true
        else if (property === 'allow_ipv4') allowIPv4 = true
        else throw c.err(`unknown property '${property}'`)
      }
    }
    return [
      {
        name: 'dns64',
        *serve(state, next) {
          const wanted = state.question.type === TYPES.AAAA && (allowIPv4 || state.client.address.includes(':'))
          const outcome = yield* next(state)
          const { message } = outcome
          if (!wanted || message === undefined || message.rcode === RCODES.NXDOMAIN || message.rcode > RCODES.NXDOMAIN)
            return outcome
          if (!all && message.answer.some(rr => rr.type === TYPES.AAAA)) return outcome
          const four = yield* state.server.lookup(state, state.question.name, TYPES.A)
          const found = four.message
          if (found === undefined || !found.answer.some(rr => rr.type === TYPES.A)) return outcome
          state.notes.push({ plugin: 'dns64', text: 'there is no IPv6 address: made of the IPv4 ones' })
          return {
            ...outcome,
            message: {
              ...message,
              rcode: RCODES.NOERROR,
              authority: [],
              answer: found.answer.map(rr => translate(rr, prefix)),
            },
          }
        },
      },
    ]
  },
}

function translate(rr: Rr, prefix: Prefix): Rr {
  if (rr.data.kind !== 'address' || rr.type !== TYPES.A) return rr
  const value = addrToBigInt(prefix.addr) | addrToBigInt(parseAddr(rr.data.address))
  return addressRr(rr.name, rr.ttl, formatAddr(addrFromBigInt(value, 6)))
}

function prefixOf(text: string, c: Dispenser): Prefix {
  try {
    const prefix = parsePrefix(text)
    if (prefix.length === 96 && text.includes(':')) return prefix
  } catch (error) {
    if (!(error instanceof KubehopError)) throw error
  }
  throw c.err(`invalid prefix ${JSON.stringify(text)}: an IPv6 /96 is expected; other lengths are not simulated`)
}
