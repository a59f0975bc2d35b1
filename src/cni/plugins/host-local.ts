import { type Addr, addrPlus, addrToBigInt, formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { maskAddr, Prefix, tryParseCidr } from '../../wire/prefix.ts'
import { internal } from '../runtime/errors.ts'
import type { IpamStore } from '../runtime/host-draft.ts'
import type { CniIp, CniResult, IpamConfig, IpamRange } from '../runtime/types.ts'
import type { CniPlugin, PluginContext } from './plugin.ts'

interface Range {
  readonly subnet: Prefix
  readonly start: Addr
  readonly end: Addr
  readonly gateway: Addr
}

/** Gives out addresses of ranges, one address for each range set, round robin from the last one given. */
export const hostLocal: CniPlugin = {
  type: 'host-local',
  add(context): CniResult {
    const { ipam, sets, store, owner } = prepare(context)
    const wanted = requestedAddresses(context)
    const taken: string[] = []
    const ips: CniIp[] = []
    try {
      sets.forEach((set, index) => {
        const requested = wanted.find(addr => set.some(range => range.subnet.contains(addr)))
        const { addr, range } =
          requested === undefined
            ? allocateNext(set, index, store, owner)
            : reserve(requested, set, index, store, owner)
        if (requested !== undefined) wanted.splice(wanted.indexOf(requested), 1)
        taken.push(formatAddr(addr))
        ips.push({ address: `${formatAddr(addr)}/${range.subnet.length}`, gateway: formatAddr(range.gateway) })
      })
      if (wanted.length > 0) throw internal(`failed to allocate all requested IPs: ${wanted.map(formatAddr).join(' ')}`)
    } catch (error) {
      for (const address of taken) store.reserved.delete(address)
      throw error
    }
    return {
      cniVersion: context.cniVersion,
      ips,
      ...(ipam.routes === undefined ? {} : { routes: ipam.routes }),
      dns: {},
    }
  },
  del(context) {
    const store = context.host.ipam(context.network)
    const owner = ownerOf(context)
    for (const [address, holder] of store.reserved) if (holder === owner) store.reserved.delete(address)
  },
  check(context) {
    const store = context.host.ipam(context.network)
    if (![...store.reserved.values()].includes(ownerOf(context))) {
      throw internal(`host-local: Failed to find address added by container ${context.invocation.containerId}`)
    }
  },
}

function ownerOf(context: PluginContext): string {
  return `${context.invocation.containerId}\r\n${context.invocation.ifName}`
}

function prepare(context: PluginContext): { ipam: IpamConfig; sets: Range[][]; store: IpamStore; owner: string } {
  const ipam = context.config.ipam
  if (ipam === undefined) throw internal("IPAM config missing 'ipam' key")
  const declared: (readonly IpamRange[])[] = []
  if (ipam.subnet !== undefined) declared.push([{ ...ipam, subnet: ipam.subnet }])
  declared.push(...(ipam.ranges ?? []))
  if (declared.length === 0) throw internal('no IP ranges specified')
  const sets = declared.map((set, index) => set.map(range => canonicalRange(range, index)))
  sets.forEach((set, index) => {
    sets.slice(0, index).forEach((earlier, other) => {
      if (set.some(a => earlier.some(b => a.subnet.overlaps(b.subnet)))) {
        throw internal(`range set ${other} overlaps with ${index}`)
      }
    })
  })
  return { ipam, sets, store: context.host.ipam(context.network), owner: ownerOf(context) }
}

/** Defaults and checks of a range: first address after the network address, last before broadcast, gateway the first. */
function canonicalRange(range: IpamRange, index: number): Range {
  const cidr = tryParseCidr(range.subnet)
  if (cidr === undefined || !range.subnet.includes('/')) {
    throw internal(`invalid range set ${index}: invalid CIDR address: ${range.subnet}`)
  }
  const subnet = new Prefix(cidr.addr, cidr.length)
  const bits = subnet.family === 4 ? 32 : 128
  if (bits - cidr.length < 2) {
    throw internal(`invalid range set ${index}: Network ${subnet} too small to allocate from`)
  }
  if (maskAddr(cidr.addr, cidr.length) !== cidr.addr) {
    throw internal(
      `invalid range set ${index}: Network has host bits set. For a subnet mask of length ${cidr.length} the network address is ${formatAddr(subnet.addr)}`,
    )
  }
  const address = (text: string | undefined, fallback: Addr): Addr => {
    if (text === undefined) return fallback
    const addr = tryParseAddr(text)
    if (addr === undefined || !subnet.contains(addr)) {
      throw internal(`invalid range set ${index}: address ${text} not in network ${subnet}`)
    }
    return addr
  }
  return {
    subnet,
    start: address(range.rangeStart, addrPlus(subnet.addr, 1)),
    end: address(range.rangeEnd, subnet.family === 4 ? addrPlus(subnet.last, -1) : subnet.last),
    gateway: address(range.gateway, addrPlus(subnet.addr, 1)),
  }
}

function requestedAddresses(context: PluginContext): Addr[] {
  return (context.invocation.args.IP ?? '').split(',').flatMap(text => tryParseAddr(text.replace(/\/.*/, '')) ?? [])
}

function reserve(addr: Addr, set: readonly Range[], index: number, store: IpamStore, owner: string) {
  const range = set.find(
    candidate =>
      candidate.subnet.contains(addr) &&
      addrToBigInt(addr) >= addrToBigInt(candidate.start) &&
      addrToBigInt(addr) <= addrToBigInt(candidate.end),
  )
  const text = formatAddr(addr)
  if (range !== undefined && addr === range.gateway) {
    throw internal(`failed to allocate for range ${index}: requested ip ${text} is subnet's gateway`)
  }
  if (range === undefined || store.reserved.has(text)) {
    throw internal(
      `failed to allocate for range ${index}: requested IP address ${text} is not available in range set ${describe(set)}`,
    )
  }
  store.reserved.set(text, owner)
  store.last.set(index, text)
  return { addr, range }
}

/** Walks once around the set, beginning behind the last address given; skips gateways and what is taken. */
function allocateNext(set: readonly Range[], index: number, store: IpamStore, owner: string) {
  for (const [address, holder] of store.reserved) {
    const addr = tryParseAddr(address)
    if (holder === owner && addr !== undefined && set.some(range => range.subnet.contains(addr))) {
      throw internal(
        `failed to allocate for range ${index}: ${address} has been allocated to ${owner.split('\r\n')[0]}, duplicate allocation is not allowed`,
      )
    }
  }
  const lastText = store.last.get(index)
  const last = lastText === undefined ? undefined : tryParseAddr(lastText)
  let at = Math.max(
    0,
    set.findIndex(range => last !== undefined && range.subnet.contains(last)),
  )
  const first = set[at]
  if (first === undefined) throw internal(`failed to allocate for range ${index}: no IP ranges specified`)
  let addr = last === undefined || !first.subnet.contains(last) || last === first.end ? first.start : addrPlus(last, 1)
  if (last !== undefined && last === first.end && set.length > 1) {
    at = (at + 1) % set.length
    addr = set[at]?.start ?? addr
  }
  const begin = addr
  for (;;) {
    const range = set[at]
    if (range === undefined) break
    const text = formatAddr(addr)
    if (addr !== range.gateway && !store.reserved.has(text)) {
      store.reserved.set(text, owner)
      store.last.set(index, text)
      return { addr, range }
    }
    if (addr === range.end) {
      at = (at + 1) % set.length
      addr = set[at]?.start ?? range.start
    } else addr = addrPlus(addr, 1)
    if (addr === begin) break
  }
  throw internal(`failed to allocate for range ${index}: no IP addresses available in range set: ${describe(set)}`)
}

function describe(set: readonly Range[]): string {
  return set.map(range => `${formatAddr(range.start)}-${formatAddr(range.end)}`).join(',')
}
