import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { normalizeZone } from '../corefile/zones.ts'
import { transferRecords } from '../kubernetes/index.ts'
import type { PluginSetup, Site, State } from '../plugin.ts'
import { isSubDomain, type Message, RCODES, type Rr, replyTo, sameName, TYPES } from '../wire/index.ts'

/** A message of a transfer is sent when its records come to about this many bytes. */
const BATCH = 1000

interface Transfer {
  readonly zones: readonly string[]
  /** Addresses that may transfer; `*` is everybody. */
  readonly to: readonly string[]
}

/** `transfer [ZONES…] { to ADDRESS… }`: AXFR, and IXFR as AXFR, of the zones of kubernetes and file. Nobody is notified. */
export const transfer: PluginSetup = {
  name: 'transfer',
  setup(c, site) {
    const transfers: Transfer[] = []
    while (c.next()) {
      const zones = c.remainingArgs()
      const to: string[] = []
      while (c.nextBlock()) {
        if (c.val !== 'to') throw c.err(`unknown property ${JSON.stringify(c.val)}`)
        const hosts = c.remainingArgs()
        if (hosts.length === 0) throw c.argErr()
        to.push(...hosts.map(host => (host === '*' ? host : (addressOf(host) ?? host))))
      }
      if (to.length === 0) throw c.err(`'to' is required`)
      transfers.push({ zones: zones.length === 0 ? site.zones : zones.map(normalizeZone), to })
    }
    return [
      {
        name: 'transfer',
        *serve(state, next) {
          const { type, name } = state.question
          if (type !== TYPES.AXFR && type !== TYPES.IXFR) return yield* next(state)
          const allowed = transfers.find(entry => entry.zones.some(zone => isSubDomain(zone, state.name)))
          if (allowed === undefined) return yield* next(state)
          if (!allowed.to.includes('*') && !allowed.to.includes(state.client.address)) {
            state.notes.push({ plugin: 'transfer', text: `${state.client.address} may not transfer` })
            return { rcode: RCODES.REFUSED }
          }
          const records = recordsOf(site, name.toLowerCase())
          if (records === undefined) return yield* next(state)
          if (state.client.protocol === 'udp') {
            state.notes.push({ plugin: 'transfer', text: 'a transfer needs TCP' })
            return { rcode: RCODES.REFUSED }
          }
          const [first, ...more] = batches(state, isCurrent(state, records) ? records.slice(0, 1) : records)
          return { rcode: RCODES.NOERROR, more, ...(first === undefined ? {} : { message: first }) }
        },
      },
    ]
  },
}

function recordsOf(site: Site, zone: string): readonly Rr[] | undefined {
  const { kubernetes } = site
  if (kubernetes?.options.zones.includes(zone) === true) return transferRecords(kubernetes, zone)
  for (const plugin of site.transferable) {
    const records = plugin.transfer(zone)
    if (records !== undefined) return records
  }
  return undefined
}

/** IXFR from the serial that we have: the SOA alone says that nothing is new. */
function isCurrent(state: State, records: readonly Rr[]): boolean {
  if (state.question.type !== TYPES.IXFR) return false
  const asked = state.query.authority.find(rr => rr.type === TYPES.SOA && sameName(rr.name, state.question.name))
  const own = records[0]
  return asked?.data.kind === 'soa' && own?.data.kind === 'soa' && asked.data.serial === own.data.serial
}

function batches(state: State, records: readonly Rr[]): Message[] {
  const messages: Message[] = []
  let batch: Rr[] = []
  let size = 0
  const send = (): void => {
    if (batch.length > 0) messages.push(replyTo(state.query, { aa: true, answer: batch }))
    batch = []
    size = 0
  }
  for (const rr of records) {
    batch.push(rr)
    size += rr.name.length + 40
    if (size > BATCH) send()
  }
  send()
  return messages
}

function addressOf(text: string): string | undefined {
  const addr = tryParseAddr(text.replace(/^\[?([^\]]*)\]?:[0-9]+$/, '$1'))
  return addr === undefined ? undefined : formatAddr(addr)
}
