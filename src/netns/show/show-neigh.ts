import { formatAddr, isV6 } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import type { Namespace, Neighbour } from '../model/namespace.ts'

/** `ip neigh`: IPv4 then IPv6. NOARP entries are not listed, as the tool does without `nud all`. */
export function showNeigh(ns: Namespace, options: { readonly family?: 4 | 6; readonly dev?: string } = {}): string {
  const { family, dev } = options
  const entries = ns.neighbours
    .entries()
    .filter(entry => entry.state !== 'NOARP' && (dev === undefined || entry.dev.name === dev))
  const lines: string[] = []
  for (const each of [4, 6] as const) {
    if (family !== undefined && family !== each) continue
    for (const entry of entries) if (isV6(entry.addr) === (each === 6)) lines.push(formatNeighbour(entry))
  }
  return lines.map(line => `${line}\n`).join('')
}

/** One line of `ip neigh`; it ends with a blank. */
export function formatNeighbour({ addr, dev, mac, state }: Neighbour): string {
  const known = state !== 'INCOMPLETE' && state !== 'FAILED' ? `lladdr ${formatMac(mac)} ` : ''
  return `${formatAddr(addr)} dev ${dev.name} ${known}${state} `
}
