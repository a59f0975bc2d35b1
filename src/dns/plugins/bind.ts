import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import type { PluginSetup } from '../plugin.ts'

/** `bind ADDRESS… { except ADDRESS… }`: addresses to listen on. Names of interfaces are not known here and are refused. */
export const bind: PluginSetup = {
  name: 'bind',
  setup(c, site) {
    while (c.next()) {
      const addresses = c.remainingArgs()
      const except: string[] = []
      while (c.nextBlock()) {
        if (c.val !== 'except') throw c.err(`unknown option '${c.val}'`)
        const args = c.remainingArgs()
        if (args.length === 0) throw c.argErr()
        except.push(...args)
      }
      if (addresses.length === 0) throw c.err('at least one address or interface name is expected')
      site.bind = [
        ...site.bind,
        ...addresses
          .filter(text => !except.includes(text))
          .map(text => {
            const addr = tryParseAddr(text)
            if (addr === undefined) throw c.err(`not a valid IP address or interface name: ${JSON.stringify(text)}`)
            return formatAddr(addr)
          }),
      ]
    }
    return []
  },
}
