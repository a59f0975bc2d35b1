import { type Prefix, parsePrefix, tryParseCidr } from '../../../wire/prefix.ts'
import type { Dispenser } from '../../corefile/dispenser.ts'
import type { PluginSetup, ServerContext, Site } from '../../plugin.ts'
import { type Message, RCODES, TYPES } from '../../wire/index.ts'
import { parseDuration } from '../duration.ts'
import { preferNets } from './prefer-nets.ts'
import { roundRobin } from './round-robin.ts'
import { parseWeights, weighted } from './weighted.ts'

/** Orders the records of an answer. */
type Order = (message: Message, server: ServerContext) => Message

/**
 * `loadbalance [round_robin | weighted FILE] { reload DURATION; prefer CIDR… }`: which address comes first. `weighted` takes its weights from a
 * file that is read once.
 */
export const loadbalance: PluginSetup = {
  name: 'loadbalance',
  setup(c, site) {
    let order: Order = roundRobin
    const preferred: Prefix[] = []
    while (c.next()) {
      const [policy = 'round_robin', ...rest] = c.remainingArgs()
      if (policy === 'weighted') order = weights(rest, c, site)
      else if (policy !== 'round_robin') throw c.err(`unknown policy: ${policy}`)
      else if (rest.length > 0) throw c.err(`unknown property for ${policy}`)
      while (c.nextBlock()) {
        if (c.val === 'prefer') preferred.push(...c.remainingArgs().map(text => parseNet(text, c)))
        else if (c.val === 'reload' && policy === 'weighted') checkReload(c.remainingArgs(), c)
        else throw c.err(`unknown property '${c.val}'`)
      }
    }
    return [
      {
        name: 'loadbalance',
        *serve(state, next) {
          const outcome = yield* next(state)
          const { message } = outcome
          const { type } = state.question
          if (message === undefined || message.rcode !== RCODES.NOERROR || type === TYPES.AXFR || type === TYPES.IXFR)
            return outcome
          const ordered = order(message, state.server)
          return { ...outcome, message: preferred.length === 0 ? ordered : preferNets(ordered, preferred) }
        },
      },
    ]
  },
}

function weights([file, ...rest]: readonly string[], c: Dispenser, site: Site): Order {
  if (file === undefined) throw c.err('missing weight file argument')
  if (rest.length > 0) throw c.err('unexpected argument(s)')
  const { files = {} } = site.input
  // Without its file it waits for one: until then every address has the weight 1.
  const text = Object.hasOwn(files, file) ? (files[file] ?? '') : undefined
  if (text === undefined) site.remarks.push(`loadbalance: the weight file ${file} is not there: all weights are 1`)
  const table = parseWeights(text ?? '', file)
  return (message, server) => weighted(message, table, server)
}

function parseNet(text: string, c: Dispenser): Prefix {
  if (!text.includes('/') || tryParseCidr(text) === undefined)
    throw c.err(`invalid CIDR ${JSON.stringify(text)}: invalid CIDR address: ${text}`)
  return parsePrefix(text)
}

function checkReload([text, ...rest]: readonly string[], c: Dispenser): void {
  if (text === undefined) throw c.err('reload duration value is missing')
  if (rest.length > 0) throw c.err('unexpected argument')
  if (parseDuration(text) === undefined) throw c.err(`invalid reload duration '${text}'`)
}
