import { PROTOCOLS } from '../compile/compiled.ts'
import type { PortAtoms } from './port-atoms.ts'

/** Which port atoms a set of connections has, one byte each. */
export type Connections = Uint8Array

/** Protocols in the order in which they are listed. */
const LISTED = [2, 0, 1] as const

/** `All Connections`, `No Connections`, or the ports of each protocol: `SCTP 9003,TCP 80,82-90,UDP 1-65535`. */
export function connectionText(connections: Connections, ports: PortAtoms): string {
  if (connections.every(one => one === 1)) return 'All Connections'
  const parts: string[] = []
  for (const protocol of LISTED) {
    const ranges: [first: number, last: number][] = []
    for (const [i, atom] of ports.atoms.entries()) {
      if (atom.protocol !== protocol || connections[i] !== 1) continue
      const previous = ranges.at(-1)
      if (previous !== undefined && previous[1] === atom.first - 1) previous[1] = atom.last
      else ranges.push([atom.first, atom.last])
    }
    const text = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
    if (text !== '') parts.push(`${PROTOCOLS[protocol]} ${text}`)
  }
  return parts.length === 0 ? 'No Connections' : parts.join(',')
}
