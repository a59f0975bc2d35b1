import type { Namespace, NeighbourTable } from '../model/namespace.ts'
import { Neighbours } from './table.ts'

/** The neighbours (ARP and neighbour discovery) of a namespace. Uses its other parts only when packets come. */
export function createNeighbourTable(ns: Namespace): NeighbourTable {
  return new Neighbours(ns)
}
