import { noArguments } from '../no-arguments.ts'
import type { PluginSetup } from '../plugin.ts'

/** `loop`: CoreDNS would ask itself at its start, and end; `CoreDns.loop` says the same without asking. */
export const loop: PluginSetup = {
  name: 'loop',
  setup(c, site) {
    noArguments(c)
    site.detectsLoops = true
    return []
  },
}
