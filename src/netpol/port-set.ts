import { PROTOCOLS } from './compile/compiled.ts'
import type { Connections } from './engine/connection-text.ts'
import type { PortAtoms } from './engine/port-atoms.ts'

/** Ports of the three protocols as ascending ranges: comparable between engines, whose atoms differ. */
export type PortSet = readonly (readonly (readonly [first: number, last: number])[])[]

export function portSetOf(connections: Connections, ports: PortAtoms): PortSet {
  const lists: [number, number][][] = [[], [], []]
  for (const [i, atom] of ports.atoms.entries()) {
    if (connections[i] !== 1) continue
    const list = lists[atom.protocol]
    const previous = list?.at(-1)
    if (previous !== undefined && previous[1] === atom.first - 1) previous[1] = atom.last
    else list?.push([atom.first, atom.last])
  }
  return lists
}

/** What is in `a` and not in `b`. */
export function subtractPorts(a: PortSet, b: PortSet): PortSet {
  return a.map((list, protocol) => {
    const result: [number, number][] = []
    for (const [first, last] of list) {
      let from = first
      for (const [cutFirst, cutLast] of b[protocol] ?? []) {
        if (cutLast < from || cutFirst > last) continue
        if (cutFirst > from) result.push([from, cutFirst - 1])
        from = cutLast + 1
      }
      if (from <= last) result.push([from, last])
    }
    return result
  })
}

export function isEmptyPortSet(ports: PortSet): boolean {
  return ports.every(list => list.length === 0)
}

/** `All Connections`, `No Connections`, `SCTP 9003,TCP 80,82-90`. */
export function portSetText(ports: PortSet): string {
  if (isEmptyPortSet(ports)) return 'No Connections'
  if (ports.every(list => list.length === 1 && list[0]?.[0] === 1 && list[0][1] === 65535)) return 'All Connections'
  return ([2, 0, 1] as const)
    .flatMap(protocol => {
      const list = ports[protocol] ?? []
      const text = list.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
      return text === '' ? [] : [`${PROTOCOLS[protocol]} ${text}`]
    })
    .join(',')
}
