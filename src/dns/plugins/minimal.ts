import { noArguments } from '../no-arguments.ts'
import type { PluginSetup } from '../plugin.ts'
import { RCODES } from '../wire/index.ts'

/** `minimal`: positive answers lose their authority and additional sections; negative answers and referrals keep them. */
export const minimal: PluginSetup = {
  name: 'minimal',
  setup(c) {
    noArguments(c)
    return [
      {
        name: 'minimal',
        *serve(state, next) {
          const outcome = yield* next(state)
          const { message } = outcome
          if (message === undefined || message.rcode !== RCODES.NOERROR || message.answer.length === 0) return outcome
          return { ...outcome, message: { ...message, authority: [], additional: [] } }
        },
      },
    ]
  },
}
