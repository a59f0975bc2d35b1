import type { PluginSetup } from '../plugin.ts'
import { CLASS_CH, RCODES, replyTo, TYPES } from '../wire/index.ts'

/** `chaos [VERSION] [AUTHORS…]`: TXT records of class CH that say who the server is. */
export const chaos: PluginSetup = {
  name: 'chaos',
  setup(c) {
    let version = 'CoreDNS'
    let authors: readonly string[] = ['kubehop']
    while (c.next()) {
      const [first, ...rest] = c.remainingArgs()
      if (first !== undefined) version = first
      if (rest.length > 0) authors = rest
    }
    const texts: Readonly<Record<string, readonly string[]>> = {
      'version.bind.': [version],
      'version.server.': [version],
      'authors.bind.': authors,
      'hostname.bind.': ['localhost'],
      'id.server.': ['localhost'],
    }
    return [
      {
        name: 'chaos',
        *serve(state, next) {
          const { name, question } = state
          if (question.class !== CLASS_CH || question.type !== TYPES.TXT) return yield* next(state)
          const strings = Object.hasOwn(texts, name) ? (texts[name] ?? []) : undefined
          if (strings === undefined) return yield* next(state)
          const answer = strings.map(text => ({
            name: question.name,
            type: TYPES.TXT,
            class: CLASS_CH,
            ttl: 0,
            data: { kind: 'strings', strings: [text] } as const,
          }))
          return { rcode: RCODES.NOERROR, message: replyTo(state.query, { aa: true, answer }) }
        },
      },
    ]
  },
}
