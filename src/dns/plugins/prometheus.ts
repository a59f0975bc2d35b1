import type { PluginSetup } from '../plugin.ts'

/** `prometheus [ADDRESS]`: checked; metrics are not collected in a simulation. */
export const prometheus: PluginSetup = {
  name: 'prometheus',
  setup(c, site) {
    while (c.next()) if (c.remainingArgs().length > 1) throw c.argErr()
    site.remarks.push('prometheus: no metrics are collected')
    return []
  },
}
