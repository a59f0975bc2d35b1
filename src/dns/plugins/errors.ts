import type { PluginSetup } from '../plugin.ts'
import { typeName } from '../wire/index.ts'
import { parseDuration } from './duration.ts'
import { regularExpression } from './regular-expression.ts'

/** `errors { stacktrace; consolidate DURATION REGEXP [LEVEL] [show_first] }`: logs what went wrong. Consolidation is read, and every line is kept. */
export const errors: PluginSetup = {
  name: 'errors',
  setup(c, site) {
    let seen = false
    while (c.next()) {
      if (seen) throw c.err('this plugin can only be used once per Server Block')
      seen = true
      const [target, ...rest] = c.remainingArgs()
      if (rest.length > 0) throw c.argErr()
      if (target !== undefined && target !== 'stdout') throw c.err(`invalid log file: ${target}`)
      while (c.nextBlock()) {
        if (c.val === 'stacktrace') continue
        if (c.val !== 'consolidate') throw c.err(`unknown property '${c.val}'`)
        const args = c.remainingArgs()
        const [period, pattern] = args
        if (period === undefined || pattern === undefined || args.length > 4) throw c.argErr()
        if (parseDuration(period) === undefined) throw c.err(`time: invalid duration "${period}"`)
        regularExpression(pattern, c, go => go)
        site.remarks.push('errors: consolidate is read; every line is kept')
      }
    }
    return [
      {
        name: 'errors',
        *serve(state, next) {
          const outcome = yield* next(state)
          if (outcome.error !== undefined) {
            state.server.log(
              `[ERROR] plugin/errors: ${outcome.rcode} ${state.question.name} ${typeName(state.question.type)}: ${outcome.error}`,
            )
          }
          return outcome
        },
      },
    ]
  },
}
