import type { PluginSetup } from '../plugin.ts'
import type { Message } from '../wire/index.ts'

const FLAGS = ['aa', 'ra', 'rd'] as const
type Flag = (typeof FLAGS)[number]

interface Rule {
  readonly flags: readonly Flag[]
  readonly value: boolean
  readonly side: 'query' | 'response'
}

/** `header { [query|response] set|clear FLAG… }`: flags of the header (aa, ra, rd). Without a side: response. */
export const header: PluginSetup = {
  name: 'header',
  setup(c) {
    const rules: Rule[] = []
    while (c.next()) {
      if (c.remainingArgs().length > 0) throw c.argErr()
      while (c.nextBlock()) {
        const words = [c.val, ...c.remainingArgs()]
        const side =
          words[0] === 'query' || words[0] === 'response'
            ? words.shift() === 'query'
              ? 'query'
              : 'response'
            : 'response'
        const action = words.shift()
        if (action !== 'set' && action !== 'clear') throw c.err(`unknown action '${action ?? ''}'`)
        const flags = words.map(word => FLAGS.find(flag => flag === word.toLowerCase()))
        if (flags.length === 0) throw c.err('invalid length for flags, at least one argument is required')
        if (flags.includes(undefined)) throw c.err(`unknown flag in '${words.join(' ')}'; known: aa, ra, rd`)
        rules.push({ flags: flags.filter(flag => flag !== undefined), value: action === 'set', side })
      }
    }
    const apply = (message: Message, side: Rule['side']): Message => {
      const flags: Partial<Record<Flag, boolean>> = {}
      for (const rule of rules) if (rule.side === side) for (const flag of rule.flags) flags[flag] = rule.value
      return { ...message, ...flags }
    }
    return [
      {
        name: 'header',
        *serve(state, next) {
          const outcome = yield* next({ ...state, query: apply(state.query, 'query') })
          return outcome.message === undefined ? outcome : { ...outcome, message: apply(outcome.message, 'response') }
        },
      },
    ]
  },
}
