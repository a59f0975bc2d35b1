import type { PluginSetup } from '../plugin.ts'
import { parseDuration } from './duration.ts'

/** `cancel [DURATION]`: checked only; a query to another server never waits longer than forward's five seconds. */
export const cancel: PluginSetup = {
  name: 'cancel',
  setup(c, site) {
    while (c.next()) {
      const [text, ...rest] = c.remainingArgs()
      if (rest.length > 0) throw c.argErr()
      const duration = text === undefined ? 5001 : parseDuration(text)
      if (duration === undefined) throw c.err(`invalid duration: ${text}`)
      if (duration <= 0) throw c.err(`invalid timeout: ${text}`)
    }
    site.remarks.push('cancel: queries are never cancelled from outside here')
    return []
  },
}
