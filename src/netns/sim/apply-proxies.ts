import { KubehopError } from '../../errors.ts'
import { tryParseAddr } from '../../wire/addr.ts'
import type { ProxyConfig } from '../config.ts'
import { type ProxyOptions, UserSpaceProxy } from '../proxy/index.ts'
import type { NetNamespace } from './namespace.ts'

/** Starts proxies that `wanted` names, gives new endpoints to those that run, and stops the others. Throws KH_CONFIG. */
export function applyProxies(ns: NetNamespace, wanted: readonly ProxyConfig[]): void {
  const kept = new Set<string>()
  for (const config of wanted) {
    const key = `${config.protocol} ${config.port}`
    const options = optionsOf(config)
    kept.add(key)
    const running = ns.proxies.get(key)
    if (running === undefined) ns.proxies.set(key, new UserSpaceProxy(ns, options))
    else running.update(options)
  }
  for (const [key, proxy] of ns.proxies) {
    if (kept.has(key)) continue
    proxy.close()
    ns.proxies.delete(key)
  }
}

function optionsOf(config: ProxyConfig): ProxyOptions {
  return {
    ...config,
    endpoints: config.endpoints.map(text => {
      const match = /^\[?([^\]]+)\]?:([0-9]+)$/.exec(text)
      const addr = tryParseAddr(match?.[1] ?? '')
      if (addr === undefined)
        throw new KubehopError('KH_CONFIG', `${JSON.stringify(text)} is no endpoint such as 10.0.0.1:80`)
      return { addr, port: Number(match?.[2]) }
    }),
  }
}
