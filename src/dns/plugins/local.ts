import { noArguments } from '../no-arguments.ts'
import type { PluginSetup } from '../plugin.ts'
import { makeSoa } from '../soa.ts'
import { addressRr, nameRr, RCODES, type Rr, replyTo, TYPES } from '../wire/index.ts'

const ZONES = ['localhost.', '0.in-addr.arpa.', '127.in-addr.arpa.', '255.in-addr.arpa.']

/** `local`: localhost and the reverse zones of special addresses are answered here (RFC 6761, RFC 6303). */
export const local: PluginSetup = {
  name: 'local',
  setup(c) {
    noArguments(c)
    return [
      {
        name: 'local',
        *serve(state, next) {
          const { name, question } = state
          const records = recordsOf(name, question.name, question.type)
          if (records !== undefined) {
            state.notes.push({
              plugin: 'local',
              text: 'localhost and special reverse zones are answered by CoreDNS itself',
            })
            const zone = ZONES.find(candidate => name === candidate || name.endsWith(`.${candidate}`)) ?? 'localhost.'
            const found = records.length > 0
            const exists = ZONES.includes(name) || name.startsWith('localhost.') || name === '1.0.0.127.in-addr.arpa.'
            return {
              rcode: RCODES.NOERROR,
              message: replyTo(state.query, {
                aa: true,
                rcode: exists ? RCODES.NOERROR : RCODES.NXDOMAIN,
                answer: records,
                authority: found ? [] : [makeSoa(zone, 3600, 1)],
              }),
            }
          }
          return yield* next(state)
        },
      },
    ]
  },
}

/** Undefined: not a local name. */
function recordsOf(name: string, owner: string, type: number): Rr[] | undefined {
  if (name === 'localhost.' || (name.startsWith('localhost.') && name.split('.').length > 2)) {
    if (type === TYPES.A) return [addressRr(owner, 86400, '127.0.0.1')]
    if (type === TYPES.AAAA) return [addressRr(owner, 86400, '::1')]
    return []
  }
  if (!ZONES.some(zone => name === zone || name.endsWith(`.${zone}`))) return undefined
  if (name === '1.0.0.127.in-addr.arpa.' && type === TYPES.PTR) return [nameRr(owner, 86400, TYPES.PTR, 'localhost.')]
  return []
}
