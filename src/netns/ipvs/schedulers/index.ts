import { HashTable } from './hash.ts'
import { Least } from './least.ts'
import { Maglev } from './maglev.ts'
import { RoundRobin } from './round-robin.ts'
import type { Scheduler, SchedulerName } from './scheduler.ts'
import { WeightedRoundRobin } from './weighted-round-robin.ts'

export { SCHEDULER_NAMES, type Scheduler, type SchedulerName } from './scheduler.ts'

export function createScheduler(name: SchedulerName): Scheduler {
  switch (name) {
    case 'rr':
      return new RoundRobin()
    case 'wrr':
      return new WeightedRoundRobin()
    case 'lc':
    case 'wlc':
    case 'sed':
    case 'nq':
      return new Least(name)
    case 'sh':
    case 'dh':
      return new HashTable(name)
    case 'mh':
      return new Maglev()
  }
}
