import { formatAddr, tryParseAddr } from '../../../wire/addr.ts'
import type { Dispenser } from '../../corefile/dispenser.ts'
import { normalizeZone, normalizeZones } from '../../corefile/zones.ts'
import type { Site } from '../../plugin.ts'
import { parseResolvConf } from '../../pod/parse-resolv-conf.ts'
import { rcodeNumber } from '../../wire/index.ts'
import { parseDuration } from '../duration.ts'

const MAX_UPSTREAMS = 15

export interface Upstream {
  readonly address: string
  readonly port: number
}

export interface ForwardOptions {
  readonly from: readonly string[]
  readonly to: readonly Upstream[]
  readonly except: readonly string[]
  readonly forceTcp: boolean
  readonly preferUdp: boolean
  readonly policy: 'random' | 'round_robin' | 'sequential'
  readonly maxFails: number
  /** Milliseconds that one server is waited for. */
  readonly readTimeout: number
  /** Undefined: no limit. */
  readonly maxConcurrent: number | undefined
  readonly maxConnectAttempts: number
  /** Response codes after which the next `forward` is asked. */
  readonly next: readonly number[]
  readonly nextOnNodata: boolean
  /** Response codes after which another server is asked. */
  readonly failover: readonly number[]
}

/** One `forward FROM TO… { … }`; the cursor stands on the directive. Throws KH_COREFILE. */
export function parseForward(c: Dispenser, site: Site): ForwardOptions {
  const [from, ...targets] = c.remainingArgs()
  if (from === undefined) throw c.argErr()
  if (targets.length === 0) throw c.argErr()
  const to = targets.flatMap(target => upstreamsOf(target, c, site))
  if (to.length > MAX_UPSTREAMS) throw c.err(`more than ${MAX_UPSTREAMS} TOs configured: ${to.length}`)
  let options: ForwardOptions = {
    from: normalizeZones(from),
    to,
    except: [],
    forceTcp: false,
    preferUdp: false,
    policy: 'random',
    maxFails: 2,
    readTimeout: 2000,
    maxConcurrent: undefined,
    maxConnectAttempts: 2 * to.length,
    next: [],
    nextOnNodata: false,
    failover: [],
  }
  while (c.nextBlock()) options = { ...options, ...property(c, site) }
  return options
}

function property(c: Dispenser, site: Site): Partial<ForwardOptions> {
  const name = c.val
  const args = c.remainingArgs()
  const [value] = args
  const one = (): string => {
    if (value === undefined || args.length > 1) throw c.argErr()
    return value
  }
  const integer = (): number => {
    const text = one()
    if (!/^-?[0-9]{1,9}$/.test(text)) throw c.err(`strconv.Atoi: parsing "${text}": invalid syntax`)
    if (Number(text) < 0) throw c.err(`${name} can't be negative: ${text}`)
    return Number(text)
  }
  const duration = (): number => {
    const text = one()
    const milliseconds = parseDuration(text)
    if (milliseconds === undefined) throw c.err(`time: invalid duration "${text}"`)
    if (milliseconds < 0) throw c.err(`${name} can't be negative: ${text}`)
    return milliseconds
  }
  const rcodes = (): number[] => {
    if (args.length === 0) throw c.argErr()
    return args.map(text => {
      const rcode = rcodeNumber(text)
      if (rcode === undefined) throw c.err(`${text} is not a valid rcode`)
      return rcode
    })
  }
  switch (name) {
    case 'except':
      if (args.length === 0) throw c.argErr()
      return { except: args.flatMap(text => normalizeZone(text)) }
    case 'force_tcp':
    case 'prefer_udp':
      if (args.length > 0) throw c.argErr()
      return name === 'force_tcp' ? { forceTcp: true } : { preferUdp: true }
    case 'policy': {
      const policy = one()
      if (policy !== 'random' && policy !== 'round_robin' && policy !== 'sequential')
        throw c.err(`unknown policy '${policy}'`)
      return { policy }
    }
    case 'max_fails':
      return { maxFails: integer() }
    case 'max_concurrent':
      return { maxConcurrent: integer() }
    case 'max_connect_attempts':
      return { maxConnectAttempts: integer() }
    case 'read_timeout':
      return { readTimeout: duration() }
    case 'expire':
      duration()
      return {}
    case 'max_idle_conns':
      integer()
      return {}
    case 'health_check': {
      if (value === undefined) throw c.argErr()
      if (parseDuration(value) === undefined) throw c.err(`time: invalid duration "${value}"`)
      site.remarks.push('forward: servers are not probed in the background; a failed query alone says that one is down')
      return {}
    }
    case 'next':
      return { next: rcodes() }
    case 'next_on_nodata':
      return { nextOnNodata: true }
    case 'failover':
      return { failover: rcodes() }
    case 'failfast_all_unhealthy_upstreams':
      return {}
    case 'tls':
    case 'tls_servername':
    case 'source_address':
    case 'resolver':
    case 'doh_method':
      site.remarks.push(`forward: ${name} has no effect here`)
      return {}
    default:
      throw c.err(`unknown property '${name}'`)
  }
}

/** An address with or without port, or a file like resolv.conf. */
function upstreamsOf(target: string, c: Dispenser, site: Site): Upstream[] {
  const scheme = /^(dns|tls):\/\//.exec(target)
  if (/^[a-z0-9]+:\/\//.test(target) && scheme === null)
    throw c.err(`${JSON.stringify(target)}: this transport is not simulated`)
  if (scheme?.[1] === 'tls')
    site.remarks.push(`forward: ${target} is asked over plain TCP: encryption is not simulated`)
  const text = scheme === null ? target : target.slice(scheme[0].length)
  const own = splitPort(text, scheme?.[1] === 'tls' ? 853 : 53)
  if (own !== undefined) return [own]
  const { files } = site.environment
  const file = Object.hasOwn(files, text) ? files[text] : undefined
  if (file === undefined) throw c.err(`not an IP address or file: ${JSON.stringify(text)}`)
  const servers = parseResolvConf(file).nameservers.flatMap(server => splitPort(server, 53) ?? [])
  if (servers.length === 0) throw c.err(`no nameservers found`)
  return servers
}

function splitPort(text: string, port: number): Upstream | undefined {
  const whole = tryParseAddr(text)
  if (whole !== undefined) return { address: formatAddr(whole), port }
  const match = /^\[([^\]]+)\](?::([0-9]{1,5}))?$/.exec(text) ?? /^([^:]+):([0-9]{1,5})$/.exec(text)
  const addr = match?.[1] === undefined ? undefined : tryParseAddr(match[1])
  if (addr === undefined) return undefined
  return { address: formatAddr(addr), port: match?.[2] === undefined ? port : Number(match[2]) }
}
