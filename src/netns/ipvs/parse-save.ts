import { KubehopError } from '../../errors.ts'
import { type Addr, isV6, tryParseAddr } from '../../wire/addr.ts'
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import { SCHEDULER_NAMES, type SchedulerName } from './schedulers/index.ts'

/** A virtual service as text has it. */
export interface ServiceLine {
  readonly proto: number
  readonly addr: Addr
  readonly port: number
  readonly scheduler: SchedulerName
  /** 0: not persistent. */
  readonly timeout: number
  readonly maskLength: number
  readonly hashesPort: boolean
  readonly servers: ServerLine[]
}

export interface ServerLine {
  readonly addr: Addr
  readonly port: number
  readonly weight: number
}

/** ipvsadm's default of `-p` and of `-s`. */
const DEFAULT_TIMEOUT = 360
const DEFAULT_SCHEDULER = 'wlc'
const MAX_TIMEOUT = 31 * 24 * 3600
const MAX_WEIGHT = 65_535
const MAX_LINES = 2_000_000

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['-t', IPPROTO_TCP],
  ['--tcp-service', IPPROTO_TCP],
  ['-u', IPPROTO_UDP],
  ['--udp-service', IPPROTO_UDP],
  ['--sctp-service', IPPROTO_SCTP],
])

/**
 * Reads `ipvsadm-save -n` text: `-A` and `-a` lines. Throws KH_IPVS with the line for what ipvsadm or the kernel would refuse,
 * and for firewall marks and forwarding methods other than NAT, which are not simulated.
 */
export function parseIpvsSave(text: string, file = 'ipvsadm-save'): ServiceLine[] {
  const services = new Map<string, ServiceLine>()
  const lines = text.split('\n')
  if (lines.length > MAX_LINES) throw new KubehopError('KH_IPVS', `more than ${MAX_LINES} lines`, { file })
  lines.forEach((line, i) => {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]?.startsWith('#')) return
    new LineReader(words, (message: string) => {
      throw new KubehopError('KH_IPVS', message, { file, line: i + 1 })
    }).read(services)
  })
  return [...services.values()]
}

class LineReader {
  readonly #words: readonly string[]
  readonly #fail: (message: string) => never
  #at = 1

  constructor(words: readonly string[], fail: (message: string) => never) {
    this.#words = words
    this.#fail = fail
  }

  read(services: Map<string, ServiceLine>): void {
    const [command] = this.#words
    const adds = command === '-A' || command === '--add-service'
    if (!adds && command !== '-a' && command !== '--add-server') {
      this.#fail(`expected -A or -a, found ${JSON.stringify(command)}`)
    }
    const { proto, addr, port } = this.#service()
    const key = `${proto} ${addr} ${port}`
    const known = services.get(key)
    if (adds) {
      if (known !== undefined) this.#fail('service already exists')
      services.set(key, { proto, addr, port, ...this.#serviceOptions(isV6(addr)), servers: [] })
    } else {
      if (known === undefined) this.#fail('no such service; expected its -A line before')
      const server = this.#server(isV6(addr))
      if (known.servers.some(other => other.addr === server.addr && other.port === server.port)) {
        this.#fail('destination already exists')
      }
      known.servers.push(server)
    }
  }

  #service(): { readonly proto: number; readonly addr: Addr; readonly port: number } {
    const option = this.#next('the service')
    if (option === '-f' || option === '--fwmark-service') this.#fail('services by firewall mark are not simulated')
    const proto = PROTOCOLS.get(option)
    if (proto === undefined) return this.#fail(`expected -t, -u or --sctp-service, found ${JSON.stringify(option)}`)
    return { proto, ...this.#endpoint(this.#next('ADDRESS:PORT')) }
  }

  #serviceOptions(ipv6: boolean): Omit<ServiceLine, 'proto' | 'addr' | 'port' | 'servers'> {
    let scheduler: SchedulerName = DEFAULT_SCHEDULER
    let timeout = 0
    let maskLength = ipv6 ? 128 : 32
    let hashesPort = false
    while (this.#at < this.#words.length) {
      const option = this.#next('an option')
      if (option === '-s' || option === '--scheduler') {
        const name = this.#next('a scheduler')
        const known = SCHEDULER_NAMES.find(candidate => candidate === name)
        scheduler = known ?? this.#fail(`scheduler ${JSON.stringify(name)}: expected ${SCHEDULER_NAMES.join(', ')}`)
      } else if (option === '-p' || option === '--persistent') {
        const given = /^[0-9]+$/.test(this.#words[this.#at] ?? '')
        timeout = given ? this.#number('a timeout', 1, MAX_TIMEOUT) : DEFAULT_TIMEOUT
      } else if (option === '-M' || option === '--netmask') {
        maskLength = this.#mask(ipv6)
      } else if (option === '-b' || option === '--sched-flags') {
        hashesPort = this.#flags()
      } else {
        this.#fail(`option ${JSON.stringify(option)} is not simulated`)
      }
    }
    return { scheduler, timeout, maskLength, hashesPort }
  }

  #server(ipv6: boolean): ServerLine {
    let endpoint: { readonly addr: Addr; readonly port: number } | undefined
    let weight = 1
    while (this.#at < this.#words.length) {
      const option = this.#next('an option')
      if (option === '-r' || option === '--real-server') endpoint = this.#endpoint(this.#next('ADDRESS:PORT'))
      else if (option === '-w' || option === '--weight') weight = this.#number('a weight', 0, MAX_WEIGHT)
      else if (option === '-g' || option === '--gatewaying' || option === '-i' || option === '--ipip') {
        this.#fail('only forwarding by NAT (-m) is simulated')
      } else if (option !== '-m' && option !== '--masquerading') {
        this.#fail(`option ${JSON.stringify(option)} is not simulated`)
      }
    }
    if (endpoint === undefined) return this.#fail('expected -r ADDRESS:PORT')
    if (!this.#words.some(word => word === '-m' || word === '--masquerading')) {
      this.#fail('only forwarding by NAT (-m) is simulated')
    }
    if (isV6(endpoint.addr) !== ipv6) this.#fail('server and service are of different families: NAT cannot do that')
    return { ...endpoint, weight }
  }

  #endpoint(text: string): { readonly addr: Addr; readonly port: number } {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text)
    const addr = tryParseAddr(match?.[1] ?? match?.[2] ?? '')
    const port = Number(match?.[3])
    if (addr === undefined || isV6(addr) !== (match?.[1] !== undefined) || !(port >= 1 && port <= 65535)) {
      return this.#fail(`expected ADDRESS:PORT or [ADDRESS]:PORT, found ${JSON.stringify(text)}`)
    }
    return { addr, port }
  }

  #mask(ipv6: boolean): number {
    const text = this.#next('a netmask')
    if (ipv6) {
      const length = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0
      return length >= 1 && length <= 128 ? length : this.#fail(`netmask ${JSON.stringify(text)}: expected 1 to 128`)
    }
    const mask = tryParseAddr(text)
    const bits = mask === undefined || isV6(mask) ? 0 : ~mask >>> 0
    if (mask === undefined || isV6(mask) || mask === 0 || (bits & (bits + 1)) !== 0) {
      return this.#fail(`netmask ${JSON.stringify(text)}: expected one such as 255.255.255.0`)
    }
    return 32 - Math.log2(bits + 1)
  }

  #flags(): boolean {
    const text = this.#next('scheduler flags')
    let port = false
    for (const flag of text.split(',')) {
      if (flag === 'sh-port' || flag === 'mh-port' || flag === 'flag-2') port = true
      else this.#fail(`scheduler flag ${JSON.stringify(flag)} is not simulated`)
    }
    return port
  }

  #number(what: string, least: number, most: number): number {
    const text = this.#next(what)
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      this.#fail(`${JSON.stringify(text)}: expected ${what} from ${least} to ${most}`)
    return value
  }

  #next(what: string): string {
    const word = this.#words[this.#at++]
    return word === undefined ? this.#fail(`expected ${what} at the end of the line`) : word
  }
}
