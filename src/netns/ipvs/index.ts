import type { Ipvs } from '../model/ipvs.ts'
import type { Namespace } from '../model/namespace.ts'
import { NamespaceIpvs } from './namespace-ipvs.ts'

export { parseIpvsSave, type ServerLine, type ServiceLine } from './parse-save.ts'
export { SCHEDULER_NAMES, type SchedulerName } from './schedulers/index.ts'

/** The IP virtual server of a namespace: no services until text is restored into it. */
export function createIpvs(ns: Namespace): Ipvs {
  return new NamespaceIpvs(ns)
}
