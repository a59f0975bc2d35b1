import { noArguments } from '../no-arguments.ts'
import type { PluginSetup } from '../plugin.ts'
import { RCODES, replyTo, TYPES } from '../wire/index.ts'

/** `any`: queries of type ANY get one HINFO record (RFC 8482 §4.2). */
export const any: PluginSetup = {
  name: 'any',
  setup(c) {
    noArguments(c)
    return [
      {
        name: 'any',
        *serve(state, next) {
          if (state.question.type !== TYPES.ANY) return yield* next(state)
          state.notes.push({ plugin: 'any', text: 'queries of type ANY get RFC 8482’s HINFO' })
          const { name } = state.question
          const data = { kind: 'strings', strings: ['ANY obsoleted', 'See RFC 8482'] } as const
          const answer = [{ name, type: TYPES.HINFO, class: 1, ttl: 8482, data }]
          return { rcode: RCODES.NOERROR, message: replyTo(state.query, { aa: true, answer }) }
        },
      },
    ]
  },
}
