import type { PluginSetup } from '../plugin.ts'

/** `bufsize [SIZE]` (512–4096, default 1232): the client's UDP size is taken for at most this. */
export const bufsize: PluginSetup = {
  name: 'bufsize',
  setup(c) {
    let size = 1232
    while (c.next()) {
      const [text, ...rest] = c.remainingArgs()
      if (rest.length > 0) throw c.argErr()
      if (text === undefined) continue
      size = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
      if (size < 512 || size > 4096) throw c.err('bufsize must be within 512 - 4096')
    }
    return [
      {
        name: 'bufsize',
        *serve(state, next) {
          const { edns } = state.query
          if (edns === undefined || edns.udpSize <= size) return yield* next(state)
          return {
            ...(yield* next({ ...state, query: { ...state.query, edns: { ...edns, udpSize: size } } })),
            udpSize: size,
          }
        },
      },
    ]
  },
}
