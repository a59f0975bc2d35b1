import { noArguments } from '../no-arguments.ts'
import type { PluginSetup } from '../plugin.ts'

/** `loop`: CoreDNS would ask itself at its start; `findLoop` (forward to itself) says the same without asking. */
export const loop: PluginSetup = {
  name: 'loop',
  setup(c) {
    noArguments(c)
    return []
  },
}
