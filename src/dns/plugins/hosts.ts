import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { normalizeZone, normalizeZones, reverseName } from '../corefile/zones.ts'
import { inZones } from '../in-zones.ts'
import type { Plugin, PluginSetup } from '../plugin.ts'
import { addressRr, fqdn, nameRr, RCODES, type Rr, replyTo, TYPES } from '../wire/index.ts'
import { parseDuration } from './duration.ts'

/** Lines of a hosts file at most. */
const MAX_LINES = 100_000

/** `hosts [FILE [ZONES…]] { INLINE; ttl N; no_reverse; reload D; fallthrough [ZONES…] }`: A, AAAA and PTR of a hosts file. */
export const hosts: PluginSetup = {
  name: 'hosts',
  setup(c, site) {
    let path = '/etc/hosts'
    let zones = site.zones
    let ttl = 3600
    let reverse = true
    let fallthrough: readonly string[] | undefined
    const inline: string[] = []
    let seen = false
    while (c.next()) {
      if (seen) throw c.err('this plugin can only be used once per Server Block')
      seen = true
      const [file, ...own] = c.remainingArgs()
      if (file !== undefined) path = file
      if (own.length > 0) zones = own.flatMap(normalizeZones)
      while (c.nextBlock()) {
        const property = c.val
        if (tryParseAddr(property) !== undefined) {
          inline.push([property, ...c.remainingArgs()].join(' '))
          continue
        }
        const args = c.remainingArgs()
        const [value] = args
        switch (property) {
          case 'fallthrough':
            fallthrough = args.length === 0 ? ['.'] : args.map(normalizeZone)
            break
          case 'no_reverse':
            reverse = false
            break
          case 'ttl':
            if (value === undefined) throw c.argErr()
            ttl = /^[0-9]{1,5}$/.test(value) ? Number(value) : 0
            if (ttl <= 0 || ttl > 65535) throw c.err(`ttl provided is invalid: ${value}`)
            break
          case 'reload':
            if (value === undefined) throw c.argErr()
            if (parseDuration(value) === undefined) throw c.err(`invalid duration for reload '${value}'`)
            break
          default:
            throw c.err(`unknown property '${property}'`)
        }
      }
    }
    const { files } = site.environment
    const table = new HostsTable([Object.hasOwn(files, path) ? (files[path] ?? '') : '', ...inline].join('\n'), reverse)
    return [hostsPlugin(table, zones, ttl, fallthrough)]
  },
}

function hostsPlugin(
  table: HostsTable,
  zones: readonly string[],
  ttl: number,
  fallthrough: readonly string[] | undefined,
): Plugin {
  return {
    name: 'hosts',
    *serve(state, next) {
      if (!inZones(zones, state.name)) {
        // Addresses in the table have reverse names whatever the zones are.
        if (state.question.type !== TYPES.PTR || table.namesOf(state.name).length === 0) return yield* next(state)
      }
      const { name, type } = state.question
      const answer: Rr[] =
        type === TYPES.PTR
          ? table.namesOf(state.name).map(target => nameRr(name, ttl, TYPES.PTR, target))
          : table
              .addressesOf(state.name)
              .map(address => addressRr(name, ttl, address))
              .filter(rr => rr.type === type)
      const known = type === TYPES.PTR ? answer.length > 0 : table.addressesOf(state.name).length > 0
      if (answer.length === 0 && !known) {
        if (fallthrough !== undefined && inZones(fallthrough, state.name)) return yield* next(state)
        state.notes.push({ plugin: 'hosts', text: 'not in the hosts file, and no fallthrough: a server failure' })
        return { rcode: RCODES.SERVFAIL }
      }
      state.notes.push({ plugin: 'hosts', text: 'in the hosts file' })
      return { rcode: RCODES.NOERROR, message: replyTo(state.query, { aa: true, answer }) }
    },
  }
}

class HostsTable {
  readonly #byName = new Map<string, string[]>()
  readonly #byReverse = new Map<string, string[]>()

  constructor(text: string, reverse: boolean) {
    for (const line of text.split('\n').slice(0, MAX_LINES)) {
      const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
      const addr = ip === undefined ? undefined : tryParseAddr(ip)
      if (addr === undefined || names.length === 0) continue
      const address = formatAddr(addr)
      const pointer = reverse ? reverseName(address) : undefined
      for (const word of names) {
        const name = fqdn(word.toLowerCase())
        push(this.#byName, name, address)
        if (pointer !== undefined) push(this.#byReverse, pointer, name)
      }
    }
  }

  addressesOf(name: string): readonly string[] {
    const own = this.#byName.get(name)
    if (own !== undefined) return own
    // `*.example.` stands for one label.
    const dot = name.indexOf('.')
    return dot < 0 ? [] : (this.#byName.get(`*${name.slice(dot)}`) ?? [])
  }

  namesOf(reverse: string): readonly string[] {
    return this.#byReverse.get(reverse) ?? []
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else if (!list.includes(value)) list.push(value)
}
