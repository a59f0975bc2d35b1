import type { IpStack, Namespace } from '../model/namespace.ts'
import { IpLayer } from './stack.ts'

/** The IP layer of a namespace. Uses its other parts only when packets come. */
export function createIpStack(ns: Namespace): IpStack {
  return new IpLayer(ns)
}
