import { formatAddr } from '../../wire/addr.ts'
import type { Prefix } from '../../wire/prefix.ts'
import type { Route } from './route.ts'

/** Name of a table as /etc/iproute2/rt_tables has it, else its number. */
export function formatTable(table: number): string {
  switch (table) {
    case 255:
      return 'local'
    case 254:
      return 'main'
    case 253:
      return 'default'
    default:
      return String(table)
  }
}

/** A prefix as iproute2 prints it: `default`, an address without its full length, or ADDRESS/LENGTH. */
export function formatRoutePrefix(prefix: Prefix): string {
  if (prefix.length === 0) return 'default'
  return prefix.length === (prefix.family === 4 ? 32 : 128) ? formatAddr(prefix.addr) : prefix.toString()
}

/**
 * A route exactly as a line of `ip route show` (iproute2 6.1), including the blank at the end of an IPv4 line. `table`: also
 * name a table other than main, as `show table all` does.
 */
export function formatRoute(route: Route, options: { readonly table?: boolean } = {}): string {
  const { kind, dst, gateway, dev, table, protocol, scope, src, metric, onlink, mtu } = route
  const v6 = dst.family === 6
  let text = kind === 'unicast' ? '' : `${kind} `
  text += `${formatRoutePrefix(dst)} `
  if (gateway !== null) text += `via ${formatAddr(gateway)} `
  if (dev !== null) text += `dev ${dev.name} `
  if (options.table === true && table !== 254) text += `table ${formatTable(table)} `
  if (protocol !== 'boot') text += `proto ${protocol} `
  if (!v6 && scope !== 'global') text += `scope ${scope} `
  if (src !== null) text += `src ${formatAddr(src)} `
  if (v6 || metric !== 0) text += `metric ${metric} `
  if (onlink) text += 'onlink '
  if (isLinkDown(route)) text += 'linkdown '
  if (mtu !== 0) text += `mtu ${mtu} `
  return v6 ? `${text}pref medium` : text
}

/** RTNH_F_LINKDOWN: the device is up without carrier. Local routes do not depend on it. */
export function isLinkDown({ kind, dev, scope }: Route): boolean {
  if (dev === null || !dev.up || dev.running || dev.kind === 'loopback') return false
  return kind !== 'local' && kind !== 'anycast' && scope !== 'host'
}
