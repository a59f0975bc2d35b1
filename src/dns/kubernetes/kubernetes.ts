import type { Snapshot } from '../../controlplane/index.ts'
import {
  addressRecords,
  aliasRecords,
  nameServerRecords,
  pointerRecords,
  type Records,
  serviceRecords,
} from '../backend.ts'
import { inZones } from '../in-zones.ts'
import { hostKind, type Item } from '../item.ts'
import type {
  DnsEnvironment,
  Next,
  Outcome,
  Plugin,
  Serving,
  State,
  UpstreamAnswer,
  UpstreamRequest,
} from '../plugin.ts'
import { makeSoa } from '../soa.ts'
import { longestZone, RCODES, type Rr, replyTo, TYPES } from '../wire/index.ts'
import { type Found, findItems, findReverse } from './find.ts'
import { nameServers } from './name-servers.ts'
import type { KubernetesOptions } from './options.ts'
import { KubernetesView } from './view.ts'

/** Version of the schema of DNS-based service discovery that is answered, and how long that may be kept. */
const SCHEMA_VERSION = '1.1.0'
const SCHEMA_TTL = 28800

/** Serials count the store's revisions from here: CoreDNS has Unix seconds of the last change, a simulation has no such clock. */
const SERIAL_BASE = 1_767_225_600

/** A name error, or records (perhaps none). */
type Answer = Records | 'name error'

/** The plugin `kubernetes`: Services, endpoints and pods of one snapshot. */
export class KubernetesPlugin implements Plugin {
  readonly name = 'kubernetes'
  readonly options: KubernetesOptions
  readonly #snapshot: () => Snapshot
  readonly #environment: DnsEnvironment
  #view: KubernetesView | undefined

  constructor(options: KubernetesOptions, snapshot: () => Snapshot, environment: DnsEnvironment) {
    this.options = options
    this.#snapshot = snapshot
    this.#environment = environment
  }

  /** The indexes of the snapshot as it is now. */
  get view(): KubernetesView {
    const snapshot = this.#snapshot()
    if (this.#view === undefined || this.#view.revision !== snapshot.revision)
      this.#view = new KubernetesView(snapshot, this.options)
    return this.#view
  }

  get localIPs(): readonly string[] {
    return this.#environment.localIPs
  }

  ready(): boolean {
    return this.#environment.synced
  }

  soa(zone: string): Rr {
    return makeSoa(zone, this.options.ttl, this.serial)
  }

  get serial(): number {
    return SERIAL_BASE + this.view.revision
  }

  *serve(state: State, next: Next): Serving {
    const qname = state.question.name
    const matched = longestZone(this.options.zones, state.name)
    if (matched === undefined) return yield* next(state)
    // The zone keeps the letters of the query: SOA, NS and SRV targets are made of it.
    const zone = matched === '.' ? '.' : qname.slice(qname.length - matched.length)
    if (state.question.type === TYPES.AXFR || state.question.type === TYPES.IXFR) {
      state.notes.push({ plugin: this.name, text: 'zone transfers are for the plugin transfer: refused' })
      return { rcode: RCODES.REFUSED }
    }
    const answer = yield* this.#answer(state, zone)
    if (answer === 'name error') {
      if (this.options.fallthrough !== undefined && inZones(this.options.fallthrough, state.name)) {
        state.notes.push({ plugin: this.name, text: `no such name in ${zone}: falls through to the next plugin` })
        return yield* next(state)
      }
      const synced = this.#environment.synced
      state.notes.push({
        plugin: this.name,
        text: synced
          ? `no such name in ${zone}`
          : 'the caches of the API are not filled yet: a name that is not found is a server failure',
      })
      return this.#negative(state, zone, synced ? RCODES.NXDOMAIN : RCODES.SERVFAIL)
    }
    if (answer.answer.length === 0) {
      state.notes.push({ plugin: this.name, text: 'the name exists and has no record of this type' })
      return this.#negative(state, zone, RCODES.NOERROR)
    }
    return {
      rcode: RCODES.NOERROR,
      message: replyTo(state.query, {
        aa: true,
        tc: answer.truncated,
        answer: answer.answer,
        additional: answer.extra,
      }),
    }
  }

  #negative(state: State, zone: string, rcode: number): Outcome {
    // BackendError writes the message itself, so that the rcode of the chain is success.
    return { rcode: RCODES.NOERROR, message: replyTo(state.query, { aa: true, rcode, authority: [this.soa(zone)] }) }
  }

  *#answer(state: State, zone: string): Generator<UpstreamRequest, Answer, UpstreamAnswer> {
    const { question, name } = state
    const qname = question.name
    const itemsOf = (asked: string): Found => this.#items(asked, zone)
    switch (question.type) {
      case TYPES.A:
      case TYPES.AAAA:
        return (yield* addressRecords(itemsOf, zone, state, qname, question.type)) ?? 'name error'
      case TYPES.SRV: {
        const items = itemsOf(name)
        // Aliases have no ports.
        return items === undefined
          ? 'name error'
          : yield* serviceRecords(
              items.filter(item => !isAlias(item)),
              zone,
              state,
              qname,
            )
      }
      case TYPES.CNAME: {
        const items = itemsOf(name)
        return items === undefined ? 'name error' : only(aliasRecords(items, state, qname))
      }
      case TYPES.PTR: {
        const items = findReverse(this.view, this.options, name, zone)
        return items === undefined ? 'name error' : only(pointerRecords(items, state, qname))
      }
      case TYPES.TXT:
        return this.#text(state, zone)
      case TYPES.SOA:
        return only(qname === zone ? [this.soa(zone)] : [])
      case TYPES.NS:
        if (name === zone)
          return nameServerRecords(nameServers(this.view, this.options, this.localIPs, zone), state, qname)
    }
    // Any other type: only whether the name exists counts.
    return itemsOf(name) === undefined ? 'name error' : only([])
  }

  #items(name: string, zone: string): Found {
    if (name === `ns.dns.${zone}`) return nameServers(this.view, this.options, this.localIPs, zone)
    return findItems(this.view, this.options, name, zone)
  }

  /** Only `dns-version` has text; names with other data have none, and all others do not exist (empty non-terminals too). */
  #text(state: State, zone: string): Answer {
    const { name } = state
    if (name === `dns-version.${zone.toLowerCase()}`) {
      state.notes.push({ plugin: this.name, text: 'the version of the DNS schema' })
      const data = { kind: 'strings', strings: [SCHEMA_VERSION] } as const
      return only([{ name: state.question.name, type: TYPES.TXT, class: state.question.class, ttl: SCHEMA_TTL, data }])
    }
    const found = findItems(this.view, this.options, name, zone)
    const zonal = name.includes('._zone.')
    return found === undefined || (found.length === 0 && !zonal) ? 'name error' : only([])
  }
}

function isAlias(item: Item): boolean {
  return hostKind(item.host).kind === 'CNAME'
}

function only(answer: Rr[]): Records {
  return { answer, extra: [], truncated: false }
}
