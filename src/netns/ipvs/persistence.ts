import { type Addr, formatAddr } from '../../wire/addr.ts'
import { maskAddr } from '../../wire/prefix.ts'
import type { RealServer } from './real-server.ts'
import type { VirtualService } from './virtual-service.ts'

/** A template that outlives its time is looked at again after that, while connections hold it. Seconds. */
const EXPIRE_LATER = 60
/** Clients remembered in one namespace. */
const MAX_TEMPLATES = 1 << 18

/** That a client's network stays with a server (a connection template of ip_vs_conn.c). */
export interface PersistenceTemplate {
  readonly dest: RealServer
  /** Connections that came of it and live. */
  connections: number
  /** Simulated microseconds. */
  expires: number
}

/** Which client stays with which server (`ipvsadm -p`). */
export class Persistence {
  readonly #templates = new Map<string, PersistenceTemplate>()

  find(service: VirtualService, client: Addr, now: number, expireQuiescent: boolean): PersistenceTemplate | null {
    const key = keyOf(service, client)
    const template = this.#templates.get(key)
    if (template === undefined) return null
    // A template that its connections outlive comes back for a minute each time (ip_vs_conn_expire).
    if (template.expires <= now && template.connections > 0) {
      const late = Math.ceil((now - template.expires + 1) / (EXPIRE_LATER * 1e6))
      template.expires += late * EXPIRE_LATER * 1e6
    }
    const usable = template.dest.available && !(expireQuiescent && template.dest.weight === 0)
    if (template.expires > now && usable) return template
    this.#remove(key, template)
    return null
  }

  /** Null when there is no room. */
  add(service: VirtualService, client: Addr, dest: RealServer, now: number): PersistenceTemplate | null {
    if (this.#templates.size >= MAX_TEMPLATES) this.#sweep(now)
    if (this.#templates.size >= MAX_TEMPLATES) return null
    const template = { dest, connections: 0, expires: now + service.timeout * 1e6 }
    this.#templates.set(keyOf(service, client), template)
    dest.persistent++
    return template
  }

  clear(): void {
    for (const [key, template] of this.#templates) this.#remove(key, template)
  }

  #sweep(now: number): void {
    for (const [key, template] of this.#templates) {
      if (template.expires <= now && template.connections === 0) this.#remove(key, template)
    }
  }

  #remove(key: string, template: PersistenceTemplate): void {
    this.#templates.delete(key)
    template.dest.persistent--
  }
}

function keyOf(service: VirtualService, client: Addr): string {
  return `${formatAddr(maskAddr(client, service.maskLength))} ${service.proto} ${formatAddr(service.addr)} ${service.port}`
}
