import type { PluginSetup, State } from '../../plugin.ts'
import { type Expression, parseExpression } from './expression.ts'
import { RunError } from './run-error.ts'

/**
 * `view NAME { expr EXPRESSION }`: queries come to this server block only while every expression is true. Blocks of one zone are tried from
 * the top.
 */
export const view: PluginSetup = {
  name: 'view',
  setup(c) {
    const expressions: Expression[] = []
    let name = ''
    while (c.next()) {
      if (name !== '') throw c.err('this plugin can only be used once per Server Block')
      const args = c.remainingArgs()
      const [first] = args
      if (first === undefined || args.length > 1) throw c.argErr()
      name = first
      while (c.nextBlock()) {
        if (c.val !== 'expr') throw c.err(`unknown property '${c.val}'`)
        const expression = parseExpression(c.remainingArgs().join(' '), c)
        expressions.push(expression)
      }
    }
    return [
      {
        name: 'view',
        admits: state => expressions.every(expression => isTrue(expression, state)),
        *serve(state, next) {
          return yield* next(state)
        },
      },
    ]
  },
}

function isTrue(expression: Expression, state: State): boolean {
  try {
    return expression.value(state) === true
  } catch (error) {
    if (error instanceof RunError) return false
    throw error
  }
}
