import type { PluginSetup } from '../plugin.ts'

/** A directive whose lines are taken as they are: it changes no answer, and what it does outside of answers is not simulated. */
function inert(name: string, what: string): PluginSetup {
  return {
    name,
    setup(_c, site) {
      site.remarks.push(`${name}: ${what}`)
      return []
    },
  }
}

export const debug = inert('debug', 'no effect here')
export const metadata = inert('metadata', 'no plugin here reads metadata')
export const pprof = inert('pprof', 'there is no Go runtime to profile')
export const timeouts = inert('timeouts', 'the server waits for nobody')
export const trace = inert('trace', 'no spans are sent; `kubehop resolve` shows the way of a query')
