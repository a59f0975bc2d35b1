import type { PluginSetup } from '../plugin.ts'

/** `ready [ADDRESS] { monitor until-ready|continuously }`: checked; `CoreDns.notReady` is what /ready would list. */
export const ready: PluginSetup = {
  name: 'ready',
  setup(c) {
    while (c.next()) {
      if (c.remainingArgs().length > 1) throw c.argErr()
      while (c.nextBlock()) {
        if (c.val !== 'monitor') throw c.err(`unknown property '${c.val}'`)
        const [mode, ...rest] = c.remainingArgs()
        if (mode === undefined || rest.length > 0) throw c.argErr()
        if (mode !== 'until-ready' && mode !== 'continuously') throw c.err(`unknown monitor type '${mode}'`)
      }
    }
    return []
  },
}
