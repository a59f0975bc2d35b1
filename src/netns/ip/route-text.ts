import type { TextRef } from '../../trace/recorder.ts'
import { formatAddr, isV6 } from '../../wire/addr.ts'
import type { Route } from '../model/route.ts'

/** A route as `ip route show` prints it, made when somebody reads the trace. */
export class RouteText implements TextRef {
  readonly #route: Route

  constructor(route: Route) {
    this.#route = route
  }

  get text(): string {
    const { kind, dst, gateway, dev, onlink, src, metric, scope, table, protocol, mtu } = this.#route
    const full = isV6(dst.addr) ? 128 : 32
    const prefix = dst.length === 0 ? 'default' : dst.length === full ? formatAddr(dst.addr) : dst.toString()
    let text = kind === 'unicast' ? prefix : `${kind} ${prefix}`
    if (gateway !== null) text += ` via ${formatAddr(gateway)}`
    if (dev !== null) text += ` dev ${dev.name}`
    if (table !== 254) text += ` table ${table === 255 ? 'local' : table === 253 ? 'default' : table}`
    if (protocol !== 'boot') text += ` proto ${protocol}`
    if (scope !== 'global') text += ` scope ${scope}`
    if (src !== null) text += ` src ${formatAddr(src)}`
    if (metric !== 0) text += ` metric ${metric}`
    if (onlink) text += ' onlink'
    return mtu === 0 ? text : `${text} mtu ${mtu}`
  }

  /** In JSON: `{ text }`. */
  toJSON(): TextRef {
    return { text: this.text }
  }
}
