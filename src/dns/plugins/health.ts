import type { PluginSetup } from '../plugin.ts'
import { parseDuration } from './duration.ts'

/** `health [ADDRESS] { lameduck DURATION }`: checked; the HTTP endpoint is a probe's target, not DNS. */
export const health: PluginSetup = {
  name: 'health',
  setup(c) {
    while (c.next()) {
      if (c.remainingArgs().length > 1) throw c.argErr()
      while (c.nextBlock()) {
        if (c.val !== 'lameduck') throw c.argErr()
        const [text, ...rest] = c.remainingArgs()
        if (text === undefined || rest.length > 0) throw c.argErr()
        if (parseDuration(text) === undefined) throw c.err(`invalid lameduck duration: '${text}'`)
      }
    }
    return []
  },
}
