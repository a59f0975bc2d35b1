import type { PluginSetup } from '../plugin.ts'

const NSID = 3

/** `nsid [DATA]`: the server's name for clients that ask for it with EDNS (RFC 5001). Default `localhost`. */
export const nsid: PluginSetup = {
  name: 'nsid',
  setup(c) {
    let data = 'localhost'
    while (c.next()) {
      const args = c.remainingArgs()
      if (args.length > 0) data = args.join(' ')
    }
    const bytes = new TextEncoder().encode(data)
    return [
      {
        name: 'nsid',
        *serve(state, next) {
          const outcome = yield* next(state)
          const { edns } = state.query
          if (outcome.message === undefined || edns === undefined || !edns.options.some(option => option.code === NSID))
            return outcome
          const options = [...edns.options.filter(option => option.code !== NSID), { code: NSID, data: bytes }]
          return { ...outcome, message: { ...outcome.message, edns: { ...edns, options } } }
        },
      },
    ]
  },
}
