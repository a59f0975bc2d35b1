import { KubehopError } from '../../../errors.ts'
import { normalizeZone, normalizeZones } from '../../corefile/zones.ts'
import { inZones } from '../../in-zones.ts'
import type {
  Next,
  Plugin,
  PluginSetup,
  Serving,
  State,
  Transferable,
  UpstreamAnswer,
  UpstreamRequest,
} from '../../plugin.ts'
import { isSubDomain, longestZone, type Message, RCODES, type Rr, replyTo, splitName, TYPES } from '../../wire/index.ts'
import { parseZone } from './parse-zone.ts'

/** Aliases that are followed in one answer. */
const MAX_CHAIN = 8

/** `file DBFILE [ZONES…] { reload D; fallthrough [ZONES…] }`: a zone from a zone file, with wildcards and delegations; unsigned. */
export const file: PluginSetup = {
  name: 'file',
  setup(c, site) {
    const zones = new Map<string, Zone>()
    let fallthrough: readonly string[] | undefined
    while (c.next()) {
      const [path, ...own] = c.remainingArgs()
      if (path === undefined) throw c.argErr()
      const { files } = site.environment
      const text = Object.hasOwn(files, path) ? files[path] : undefined
      if (text === undefined) throw new KubehopError('KH_COREFILE', `open ${path}: no such file or directory`)
      for (const origin of own.length === 0 ? site.zones : own.flatMap(normalizeZones)) {
        const zone = new Zone(origin, parseZone(text, origin, path))
        zones.set(origin, zone)
        site.transferable.push(zone)
      }
      while (c.nextBlock()) {
        const property = c.val
        const args = c.remainingArgs()
        if (property === 'fallthrough') fallthrough = args.length === 0 ? ['.'] : args.map(normalizeZone)
        else if (property !== 'reload' && property !== 'reload_by_mtime' && property !== 'upstream')
          throw c.err(`unknown property '${property}'`)
      }
    }
    return [new FilePlugin(zones, fallthrough)]
  },
}

class FilePlugin implements Plugin {
  readonly name = 'file'
  readonly #zones: ReadonlyMap<string, Zone>
  readonly #fallthrough: readonly string[] | undefined

  constructor(zones: ReadonlyMap<string, Zone>, fallthrough: readonly string[] | undefined) {
    this.#zones = zones
    this.#fallthrough = fallthrough
  }

  *serve(state: State, next: Next): Serving {
    const origin = longestZone([...this.#zones.keys()], state.name)
    const zone = origin === undefined ? undefined : this.#zones.get(origin)
    const { type } = state.question
    if (zone === undefined) return yield* next(state)
    if (type === TYPES.AXFR || type === TYPES.IXFR) return { rcode: RCODES.REFUSED }
    const message = yield* zone.answer(state)
    if (message.rcode === RCODES.NXDOMAIN && this.#fallthrough !== undefined && inZones(this.#fallthrough, state.name))
      return yield* next(state)
    state.notes.push({ plugin: this.name, text: `zone ${zone.origin}` })
    return { rcode: RCODES.NOERROR, message }
  }
}

/** A zone of records (RFC 1034 §4.3.2). */
class Zone implements Transferable {
  readonly origin: string
  readonly #records: readonly Rr[]
  readonly #byName = new Map<string, Rr[]>()
  /** Every name on the way to one that has records. */
  readonly #exists = new Set<string>()

  constructor(origin: string, records: readonly Rr[]) {
    this.origin = origin
    this.#records = records
    for (const rr of records) {
      this.#byName.set(rr.name, [...(this.#byName.get(rr.name) ?? []), rr])
      for (let name = rr.name; isSubDomain(origin, name) && !this.#exists.has(name); name = parent(name))
        this.#exists.add(name)
    }
  }

  transfer(zone: string): readonly Rr[] | undefined {
    if (zone !== this.origin) return undefined
    const soa = this.#soa()
    return [soa, ...this.#records.filter(rr => rr !== soa), soa].filter(rr => rr !== undefined)
  }

  *answer(state: State): Generator<UpstreamRequest, Message, UpstreamAnswer> {
    const { type, name: asked } = state.question
    const answer: Rr[] = []
    let name = state.name
    let owner = asked
    for (let i = 0; i < MAX_CHAIN; i++) {
      const cut = this.#delegation(name, type)
      if (cut !== undefined) {
        return replyTo(state.query, { aa: answer.length > 0, answer, authority: cut, additional: this.#glue(cut) })
      }
      const found = this.#at(name)
      if (found === undefined)
        return replyTo(state.query, { aa: true, rcode: RCODES.NXDOMAIN, answer, authority: [this.#soa()] })
      const here = found.map(rr => ({ ...rr, name: owner }))
      const wanted = here.filter(rr => rr.type === type)
      if (wanted.length > 0) {
        answer.push(...wanted)
        const apexNs = type === TYPES.NS ? [] : (this.#byName.get(this.origin) ?? []).filter(rr => rr.type === TYPES.NS)
        return replyTo(state.query, { aa: true, answer, authority: apexNs, additional: this.#glue(wanted) })
      }
      const alias = here.find(rr => rr.type === TYPES.CNAME)
      if (alias?.data.kind !== 'name') return replyTo(state.query, { aa: true, answer, authority: [this.#soa()] })
      answer.push(alias)
      owner = alias.data.name
      name = owner.toLowerCase()
      if (!isSubDomain(this.origin, name)) {
        const outside = yield* state.server.lookup(state, owner, type)
        answer.push(...(outside.message?.answer ?? []))
        return replyTo(state.query, { aa: true, answer })
      }
    }
    return replyTo(state.query, { aa: true, answer })
  }

  /** Records of a name, those of a wildcard where it has none, an empty list where it only has descendants. */
  #at(name: string): readonly Rr[] | undefined {
    const own = this.#byName.get(name)
    if (own !== undefined) return own
    if (this.#exists.has(name)) return []
    let closest = parent(name)
    while (closest !== this.origin && !this.#exists.has(closest)) closest = parent(closest)
    return this.#byName.get(`*.${closest}`)
  }

  /** NS records below the apex take the rest of the tree elsewhere; DS stays on this side. */
  #delegation(name: string, type: number): Rr[] | undefined {
    for (let at = name; at !== this.origin && isSubDomain(this.origin, at); at = parent(at)) {
      const cut = (this.#byName.get(at) ?? []).filter(rr => rr.type === TYPES.NS)
      if (cut.length > 0 && !(at === name && type === TYPES.DS)) return cut
    }
    return undefined
  }

  #glue(records: readonly Rr[]): Rr[] {
    const targets = records.flatMap(({ data }) =>
      data.kind === 'name'
        ? [data.name]
        : data.kind === 'srv'
          ? [data.target]
          : data.kind === 'mx'
            ? [data.exchange]
            : [],
    )
    return [...new Set(targets.map(target => target.toLowerCase()))].flatMap(target =>
      (this.#byName.get(target) ?? []).filter(rr => rr.type === TYPES.A || rr.type === TYPES.AAAA),
    )
  }

  #soa(): Rr {
    const soa = this.#records.find(rr => rr.type === TYPES.SOA)
    if (soa === undefined) throw new Error('parseZone refuses zones without SOA')
    return soa
  }
}

function parent(name: string): string {
  const labels = splitName(name)
  return labels.length <= 1 ? '.' : `${labels.slice(1).join('.')}.`
}
