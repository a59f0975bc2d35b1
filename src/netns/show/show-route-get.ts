import { type Addr, formatAddr, isUnspecified, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import type { RouteDecision } from '../model/route.ts'
import { formatTable } from '../model/route-text.ts'

export interface RouteGetOptions {
  readonly from?: Addr
  /** Where the packet came in; without it, it is one of our own. */
  readonly iif?: Device
  readonly oif?: Device
  readonly mark?: number
}

const ERRORS: Partial<Record<Errno, string>> = {
  EINVAL: 'Invalid argument',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EACCES: 'Permission denied',
}

/** `ip route get DST …`, as iproute2 6.1 prints it; the error line where Linux refuses. */
export function showRouteGet(ns: Namespace, dst: Addr, options: RouteGetOptions = {}): string {
  const { from, iif, oif, mark = 0 } = options
  const src = from ?? (isV6(dst) ? V6_ANY : V4_ANY)
  const decision =
    iif === undefined ? ns.fib.lookupOutput(dst, src, mark, oif?.index ?? 0) : ns.fib.lookupInput(dst, src, mark, iif)
  const { errno } = decision
  if (errno !== null) return `RTNETLINK answers: ${ERRORS[errno] ?? errno}\n`
  return isV6(dst) ? get6(ns, dst, src, decision, options) : get4(ns, dst, src, decision, options)
}

function get4(ns: Namespace, dst: Addr, src: Addr, decision: RouteDecision, options: RouteGetOptions): string {
  const { action, route, gateway } = decision
  const { iif, mark = 0 } = options
  const input = iif !== undefined
  const dev = input && action !== 'forward' ? ns.loopback : decision.dev
  let text = action === 'forward' ? '' : `${action} `
  text += `${formatAddr(dst)} `
  if (!isUnspecified(src)) text += `from ${formatAddr(src)} `
  if (gateway !== null) text += `via ${formatAddr(gateway)} `
  if (dev !== null) text += `dev ${dev.name} `
  // Until the first rule local is part of main (fib_trie), and is not named.
  if (route !== null && route.table !== 254 && (route.table !== 255 || hasCustomRules(ns)))
    text += `table ${formatTable(route.table)} `
  if (!input && isUnspecified(src)) text += `src ${formatAddr(ns.fib.selectSource(decision, dst))} `
  if (action === 'multicast') text += 'rt_offload_failed '
  if (mark !== 0) text += `mark ${mark < 16 ? mark : `0x${mark.toString(16)}`} `
  if (!input) text += 'uid 0 '
  text += '\n    cache '
  const flags = cacheFlags(ns, decision, dst, src, options)
  if (flags !== '') text += `<${flags}> `
  if (input) text += `iif ${iif.name} `
  return `${text}\n`
}

function cacheFlags(ns: Namespace, decision: RouteDecision, dst: Addr, src: Addr, { iif }: RouteGetOptions): string {
  switch (decision.action) {
    case 'local':
      return 'local'
    case 'broadcast':
      return 'local,brd'
    case 'multicast':
      // Only 224.0.0.1 has a member here: ourselves.
      return iif !== undefined || dst === 0xe0000001 ? 'local,mc' : 'mc'
    default:
      return iif !== undefined && ns.fib.redirectDue(decision, src, iif) ? 'redirect' : ''
  }
}

function get6(ns: Namespace, dst: Addr, src: Addr, decision: RouteDecision, { iif }: RouteGetOptions): string {
  const { action, route, gateway } = decision
  const dev = iif !== undefined && action === 'local' ? ns.loopback : decision.dev
  let text = action === 'forward' ? '' : `${action} `
  text += `${formatAddr(dst)} from ${formatAddr(src)} `
  if (gateway !== null) text += `via ${formatAddr(gateway)} `
  if (dev !== null) text += `dev ${dev.name} `
  if (route !== null && route.table !== 254) text += `table ${formatTable(route.table)} `
  if (route !== null && route.protocol !== 'boot') text += `proto ${route.protocol} `
  if (iif === undefined) text += `src ${formatAddr(ns.fib.selectSource(decision, dst))} `
  else if (route !== null && route.src !== null) text += `src ${formatAddr(route.src)} `
  text += `metric ${route?.metric ?? 0} `
  if (iif !== undefined) text += `iif ${iif.name} `
  return `${text}pref medium\n`
}

function hasCustomRules(ns: Namespace): boolean {
  return ns.fib.rules.filter(rule => rule.family !== 6).length !== 3
}
