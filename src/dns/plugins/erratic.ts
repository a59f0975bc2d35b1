import type { Plugin, PluginSetup } from '../plugin.ts'
import { addressRr, RCODES, replyTo, TYPES } from '../wire/index.ts'
import { parseDuration } from './duration.ts'

/**
 * `erratic { drop [N]; truncate [N]; delay [N [DURATION]]; large }`: every Nth query (default 2) is dropped, cut or late. Delays are
 * read and not simulated: an answer that comes late is an answer.
 */
export const erratic: PluginSetup = {
  name: 'erratic',
  setup(c, site) {
    let drop = 2
    let truncate = 0
    let large = false
    let seen = false
    while (c.next()) {
      if (seen) throw c.err('this plugin can only be used once per Server Block')
      seen = true
      while (c.nextBlock()) {
        const property = c.val
        const args = c.remainingArgs()
        const [text] = args
        if (!['drop', 'truncate', 'delay', 'large'].includes(property)) throw c.err(`unknown property '${property}'`)
        if (text !== undefined && !/^[0-9]{1,9}$/.test(text)) throw c.err(`illegal amount value given "${text}"`)
        const amount = text === undefined ? 2 : Number(text)
        if (property === 'drop') drop = amount
        else if (property === 'truncate') truncate = amount
        else if (property === 'large') large = true
        else {
          if (args[1] !== undefined && parseDuration(args[1]) === undefined)
            throw c.err(`time: invalid duration "${args[1]}"`)
          site.remarks.push('erratic: delays are not simulated')
        }
      }
    }
    return [erraticPlugin(drop, truncate, large)]
  },
}

function erraticPlugin(drop: number, truncate: number, large: boolean): Plugin {
  let queries = 0
  return {
    name: 'erratic',
    *serve(state) {
      const count = queries++
      if (drop > 0 && count % drop === 0) {
        state.notes.push({ plugin: 'erratic', text: `query ${count} is dropped` })
        return { rcode: RCODES.NOERROR, drop: true }
      }
      const { name, type } = state.question
      const address = type === TYPES.AAAA ? '2001:db8::53' : '192.0.2.53'
      const answer =
        type === TYPES.A || type === TYPES.AAAA
          ? Array.from({ length: large ? 29 : 1 }, () => addressRr(name, 0, address))
          : []
      return {
        rcode: RCODES.NOERROR,
        message: replyTo(state.query, { aa: true, tc: truncate > 0 && count % truncate === 0, answer }),
      }
    },
  }
}
