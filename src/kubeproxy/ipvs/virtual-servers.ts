import type { KubeProxyConfig } from '../config.ts'
import type { EndpointInfo } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'

/** Virtual servers as `ipvsadm-save -n` text, in the order in which they are made. */
export class VirtualServers {
  readonly #scheduler: KubeProxyConfig['ipvsScheduler']
  readonly #lines: string[] = []
  readonly #names = new Set<string>()

  constructor(scheduler: KubeProxyConfig['ipvsScheduler']) {
    this.#scheduler = scheduler
  }

  /** A server of the same name that is there already stays as it is. */
  add(info: ServicePortInfo, ip: string, port: number, endpoints: readonly EndpointInfo[]): void {
    const option = info.protocol === 'tcp' ? '-t' : info.protocol === 'udp' ? '-u' : '--sctp-service'
    const name = `${option} ${ip.includes(':') ? `[${ip}]` : ip}:${port}`
    if (this.#names.has(name)) return
    this.#names.add(name)
    const affinity = info.affinitySeconds > 0 ? ` -p ${info.affinitySeconds}` : ''
    // The flag that kube-proxy calls FlagSourceHash.
    const flags = this.#scheduler === 'mh' ? ' -b mh-port' : ''
    this.#lines.push(`-A ${name} -s ${this.#scheduler}${affinity}${flags}`)
    for (const endpoint of endpoints) this.#lines.push(`-a ${name} -r ${endpoint.text} -m -w 1`)
  }

  toString(): string {
    return this.#lines.map(line => `${line}\n`).join('')
  }
}
