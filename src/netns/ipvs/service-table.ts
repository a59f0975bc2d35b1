import type { Addr } from '../../wire/addr.ts'
import { IPPROTO_TCP } from '../../wire/protocol.ts'
import type { ServiceLine } from './parse-save.ts'
import { RealServer } from './real-server.ts'
import { createScheduler } from './schedulers/index.ts'
import { VirtualService } from './virtual-service.ts'

/** The virtual services of a namespace, by protocol, address and port. */
export class ServiceTable {
  readonly #byAddr = new Map<Addr, VirtualService[]>()

  get all(): readonly VirtualService[] {
    return [...this.#byAddr.values()].flat()
  }

  get empty(): boolean {
    return this.#byAddr.size === 0
  }

  find(proto: number, addr: Addr, port: number): VirtualService | null {
    const services = this.#byAddr.get(addr)
    if (services === undefined) return null
    for (const service of services) if (service.port === port && service.proto === proto) return service
    return null
  }

  /** Whether the address is that of some service. */
  hasAddr(addr: Addr): boolean {
    return this.#byAddr.has(addr)
  }

  /** Makes the table equal to the lines; what stays keeps its scheduler's memory, its servers and their connections. */
  replace(lines: readonly ServiceLine[], drain: boolean): void {
    const kept = new Set<VirtualService>()
    for (const line of lines) {
      const service = this.find(line.proto, line.addr, line.port) ?? this.#add(line)
      kept.add(service)
      updateService(service, line, drain)
    }
    for (const service of this.all) if (!kept.has(service)) this.#remove(service)
  }

  clear(): void {
    for (const service of this.all) this.#remove(service)
  }

  /** Takes a drained server out for good. */
  removeServer(server: RealServer): void {
    for (const service of this.all) {
      if (!service.servers.includes(server)) continue
      service.servers = service.servers.filter(other => other !== server)
      server.available = false
      service.scheduler.update(service)
    }
  }

  #add(line: ServiceLine): VirtualService {
    const scheduler = createScheduler(line.scheduler)
    const service = new VirtualService(line.proto, line.addr, line.port, line.scheduler, scheduler, line)
    const others = this.#byAddr.get(line.addr)
    if (others === undefined) this.#byAddr.set(line.addr, [service])
    else others.push(service)
    return service
  }

  #remove(service: VirtualService): void {
    for (const server of service.servers) server.available = false
    const rest = (this.#byAddr.get(service.addr) ?? []).filter(other => other !== service)
    if (rest.length === 0) this.#byAddr.delete(service.addr)
    else this.#byAddr.set(service.addr, rest)
  }
}

function updateService(service: VirtualService, line: ServiceLine, drain: boolean): void {
  if (service.schedulerName !== line.scheduler) {
    service.schedulerName = line.scheduler
    service.scheduler = createScheduler(line.scheduler)
  }
  service.timeout = line.timeout
  service.maskLength = line.maskLength
  service.hashesPort = line.hashesPort
  const servers: RealServer[] = []
  for (const old of service.servers) {
    const wanted = line.servers.find(({ addr, port }) => addr === old.addr && port === old.port)
    if (wanted !== undefined) {
      old.weight = wanted.weight
      old.draining = false
      servers.push(old)
    } else if (drain && service.proto === IPPROTO_TCP && old.active + old.inactive > 0) {
      old.weight = 0
      old.draining = true
      servers.push(old)
    } else {
      old.available = false
    }
  }
  for (const { addr, port, weight } of line.servers) {
    // The kernel puts each new server in front (list_add_rcu in __ip_vs_update_dest).
    if (service.find(addr, port) === undefined) servers.unshift(new RealServer(addr, port, weight))
  }
  service.servers = servers
  service.scheduler.update(service)
}
