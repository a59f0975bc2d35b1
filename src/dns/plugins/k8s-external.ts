import { KubehopError } from '../../errors.ts'
import { serviceRecords } from '../backend.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { isReverse, normalizeZones } from '../corefile/zones.ts'
import { inZones } from '../in-zones.ts'
import { hostKind, type Item } from '../item.ts'
import { externalItems, externalServers } from '../kubernetes/index.ts'
import type { Plugin, PluginSetup, Serving, Site, State, UpstreamAnswer, UpstreamRequest } from '../plugin.ts'
import { makeSoa } from '../soa.ts'
import {
  addressRr,
  CLASS_IN,
  countLabels,
  fqdn,
  isSubDomain,
  joinNames,
  longestZone,
  nameRr,
  RCODES,
  type Rr,
  replyTo,
  splitName,
  TYPES,
} from '../wire/index.ts'

interface Options {
  readonly zones: readonly string[]
  readonly apex: string
  readonly ttl: number
  readonly headless: boolean
  readonly fallthrough: readonly string[] | undefined
}

/** `k8s_external [ZONES…] { apex APEX; ttl TTL; headless; fallthrough [ZONES…] }`: external and load-balancer addresses of Services. */
export const k8sExternal: PluginSetup = {
  name: 'k8s_external',
  setup(c, site) {
    const options = parse(c, site)
    return [new External(options, site)]
  },
}

function parse(c: Dispenser, site: Site): Options {
  let options: Options = { zones: site.zones, apex: 'dns', ttl: 5, headless: false, fallthrough: undefined }
  while (c.next()) {
    const zones = c.remainingArgs()
    if (zones.length > 0) options = { ...options, zones: zones.flatMap(normalizeZones) }
    while (c.nextBlock()) {
      const property = c.val
      const args = c.remainingArgs()
      const [first] = args
      if (property === 'headless') options = { ...options, headless: true }
      else if (property === 'fallthrough')
        options = { ...options, fallthrough: args.length === 0 ? ['.'] : args.flatMap(normalizeZones) }
      else if (property !== 'apex' && property !== 'ttl') throw c.err(`unknown property '${property}'`)
      else if (first === undefined || args.length > 1) throw c.argErr()
      else if (property === 'apex') options = { ...options, apex: first.toLowerCase() }
      else {
        const ttl = /^[0-9]{1,4}$/.test(first) ? Number(first) : -1
        if (ttl <= 0 || ttl > 3600) throw c.err(`ttl must be in range (0, 3600]: ${first}`)
        options = { ...options, ttl }
      }
    }
  }
  if (!options.zones.some(zone => isReverse(zone) === 0))
    throw new KubehopError('KH_COREFILE', 'non-reverse zone name must be used')
  return options
}

class External implements Plugin {
  readonly name = 'k8s_external'
  readonly #options: Options
  readonly #site: Site

  constructor(options: Options, site: Site) {
    this.#options = options
    this.#site = site
  }

  *serve(state: State, next: (state: State) => Serving): Serving {
    const { kubernetes } = this.#site
    const zone = longestZone(this.#options.zones, state.name)
    if (zone === undefined || kubernetes === undefined) return yield* next(state)
    if (state.name === zone) return this.#reply(state, zone, ...this.#apex(state, zone))
    const sub = joinNames(this.#options.apex, zone)
    if (isSubDomain(sub, state.name)) return this.#subApex(state, zone)
    const found = externalItems(
      kubernetes,
      state.name,
      state.question.type,
      zone,
      this.#options.headless,
      this.#primaryZone,
    )
    if (found.items.length === 0) {
      const { fallthrough } = this.#options
      if (found.rcode === RCODES.NXDOMAIN && fallthrough !== undefined && inZones(fallthrough, state.name))
        return yield* next(state)
      return this.#reply(state, zone, [], [], found.rcode)
    }
    const [answer, extra, tc] = yield* this.#records(state, zone, found.items)
    return this.#reply(state, zone, answer, extra, RCODES.NOERROR, tc)
  }

  /** PTR records name the first zone. */
  get #primaryZone(): string {
    return this.#options.zones[0] ?? '.'
  }

  #apex(state: State, zone: string): [Rr[], Rr[]] {
    const { type, name } = state.question
    if (type === TYPES.SOA) return [[this.#soa(zone)], []]
    if (type !== TYPES.NS) return [[], []]
    const target = joinNames(`ns1.${this.#options.apex}`, name)
    return [
      [nameRr(name, this.#options.ttl, TYPES.NS, target)],
      this.#servers().map(address => addressRr(target, this.#options.ttl, address)),
    ]
  }

  /** `dns.ZONE` has no data, `ns1.dns.ZONE` the server's addresses, and nothing else is there. */
  #subApex(state: State, zone: string): { readonly rcode: number; readonly message: ReturnType<typeof replyTo> } {
    const labels = splitName(state.name)
    const left = labels.slice(0, labels.length - countLabels(zone))
    if (left.length === 1) return this.#reply(state, zone, [], [])
    if (left.length !== 2 || left[0] !== 'ns1') return this.#reply(state, zone, [], [], RCODES.NXDOMAIN)
    const { name, type } = state.question
    const records = this.#servers().map(address => addressRr(name, this.#options.ttl, address))
    return this.#reply(
      state,
      zone,
      records.filter(rr => rr.type === type),
      [],
    )
  }

  #servers(): string[] {
    const { kubernetes } = this.#site
    return kubernetes === undefined ? [] : externalServers(kubernetes, this.#options.headless)
  }

  *#records(
    state: State,
    zone: string,
    items: readonly Item[],
  ): Generator<UpstreamRequest, [Rr[], Rr[], boolean], UpstreamAnswer> {
    const { name, type } = state.question
    const { ttl } = this.#options
    const own = items.map(item => ({ ...item, ttl }))
    if (type === TYPES.PTR) return [own.map(item => nameRr(name, ttl, TYPES.PTR, fqdn(item.host))), [], false]
    if (type === TYPES.SRV) {
      const { answer, extra } = yield* serviceRecords(own, zone, state, name)
      return [answer, extra, false]
    }
    if (type !== TYPES.A && type !== TYPES.AAAA) return [[], [], false]
    const answer: Rr[] = []
    const seen = new Set<string>()
    let truncated = false
    for (const item of own) {
      const host = hostKind(item.host)
      if (seen.has(item.host)) continue
      seen.add(item.host)
      if (host.kind === 'CNAME') {
        const target = fqdn(item.host)
        answer.push(nameRr(name, ttl, TYPES.CNAME, target))
        const { message } = yield* state.server.lookup(state, target, type)
        if (message !== undefined) answer.push(...message.answer)
        if (message?.tc === true) truncated = true
      } else if ((host.kind === 'A') === (type === TYPES.A)) {
        answer.push({ name, type, class: CLASS_IN, ttl, data: { kind: 'address', address: host.address } })
      }
      state.notes.push({ plugin: this.name, text: item.origin })
    }
    return [answer, [], truncated]
  }

  #reply(state: State, zone: string, answer: Rr[], additional: Rr[], rcode: number = RCODES.NOERROR, tc = false) {
    const authority = answer.length === 0 ? [this.#soa(zone)] : []
    return {
      rcode: RCODES.NOERROR,
      message: replyTo(state.query, { aa: true, tc, rcode, answer, authority, additional }),
    }
  }

  #soa(zone: string): Rr {
    const { apex, ttl } = this.#options
    return makeSoa(zone, ttl, this.#site.kubernetes?.serial ?? 0, `ns1.${apex}`, `hostmaster.${apex}`)
  }
}
