import type { PluginSetup } from '../plugin.ts'
import { parseDuration } from './duration.ts'

/** `reload [INTERVAL] [JITTER]`: checked (at least 2s and 1s, jitter at most half the interval). A simulated Corefile does not change under way. */
export const reload: PluginSetup = {
  name: 'reload',
  setup(c, site) {
    while (c.next()) {
      const args = c.remainingArgs()
      if (args.length > 2) throw c.argErr()
      const [interval = 30_000, jitter = 15_000] = args.map(text => {
        const value = parseDuration(text)
        if (value === undefined) throw c.err(`time: invalid duration "${text}"`)
        return value
      })
      if (interval < 2000) throw c.err('interval value must be greater or equal to 2s')
      if (jitter < 1000) throw c.err('jitter value must be greater or equal to 1s')
    }
    site.remarks.push('reload: a changed Corefile is a changed cluster; nothing is reloaded in between')
    return []
  },
}
