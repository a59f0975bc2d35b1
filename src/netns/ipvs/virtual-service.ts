import type { Addr } from '../../wire/addr.ts'
import type { RealServer } from './real-server.ts'
import type { Scheduler, SchedulerName } from './schedulers/scheduler.ts'

/** A virtual service (struct ip_vs_service). */
export class VirtualService {
  readonly proto: number
  readonly addr: Addr
  readonly port: number
  schedulerName: SchedulerName
  scheduler: Scheduler
  /** Seconds that a client stays with its server; 0: no persistence. */
  timeout: number
  /** Length of the prefix of clients that persistence takes for one: 32 or 128. */
  maskLength: number
  /** The scheduler also looks at the client's port (`-b sh-port`, `-b mh-port`). */
  hashesPort: boolean
  /** In the kernel's order: the last added first. */
  servers: readonly RealServer[] = []

  constructor(
    proto: number,
    addr: Addr,
    port: number,
    schedulerName: SchedulerName,
    scheduler: Scheduler,
    options: { readonly timeout: number; readonly maskLength: number; readonly hashesPort: boolean },
  ) {
    this.proto = proto
    this.addr = addr
    this.port = port
    this.schedulerName = schedulerName
    this.scheduler = scheduler
    this.timeout = options.timeout
    this.maskLength = options.maskLength
    this.hashesPort = options.hashesPort
  }

  find(addr: Addr, port: number): RealServer | undefined {
    return this.servers.find(server => server.addr === addr && server.port === port)
  }
}
