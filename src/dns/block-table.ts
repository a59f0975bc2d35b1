import { KubehopError } from '../errors.ts'
import { admits, type Block } from './block.ts'
import type { State } from './plugin.ts'
import { splitName, TYPES } from './wire/index.ts'

/** Zone names that one server answers at most. */
const MAX_ZONES = 100_000

/** Where a server listens. */
export interface ListenAddress {
  readonly port: number
  /** Undefined: every address. */
  readonly address: string | undefined
}

/** The server blocks of a CoreDNS by port and zone: whose a query is. */
export class BlockTable {
  readonly #ports = new Map<number, Map<string, Block[]>>()

  /**
   * Throws KH_COREFILE for a zone that is served already at an address (core/dnsserver, zoneOverlap): a block with a view may stand before
   * one without, not behind it. KH_LIMIT for too many zones.
   */
  register(zone: string, port: number, block: Block): void {
    const zones = this.#ports.get(port) ?? new Map<string, Block[]>()
    this.#ports.set(port, zones)
    const others = zones.get(zone) ?? []
    const key = `dns://${zone}:${port}`
    for (const other of others) {
      if (isFiltered(other)) continue
      const overlap =
        other.bind.length === block.bind.length &&
        (block.bind.length === 0 || block.bind.some(address => other.bind.includes(address)))
      if (overlap) throw new KubehopError('KH_COREFILE', `cannot serve ${key} - it is already defined`)
      if (other.bind.length === 0 || block.bind.length === 0)
        throw new KubehopError('KH_COREFILE', `cannot serve ${key} - zone overlap listener capacity with ${key}`)
    }
    if (zones.size >= MAX_ZONES) throw new KubehopError('KH_LIMIT', `a Corefile with more than ${MAX_ZONES} zones`)
    zones.set(zone, [...others, block])
  }

  /** One entry a port and bound address. */
  get listeners(): ListenAddress[] {
    const seen = new Map<string, ListenAddress>()
    for (const [port, zones] of this.#ports) {
      for (const block of [...zones.values()].flat()) {
        for (const address of block.bind.length === 0 ? [undefined] : block.bind)
          seen.set(`${address}:${port}`, { port, address })
      }
    }
    return [...seen.values()]
  }

  /** The block of the longest zone that takes the query; for DS that of the parent, which has those records. */
  find(port: number, state: State): Block | undefined {
    const zones = this.#ports.get(port)
    if (zones === undefined) return undefined
    const labels = splitName(state.name)
    let found: Block | undefined
    for (let i = 0; i <= labels.length; i++) {
      const block = zones
        .get(i === labels.length ? '.' : `${labels.slice(i).join('.')}.`)
        ?.find(candidate => admits(candidate, state))
      if (block === undefined) continue
      if (state.question.type !== TYPES.DS) return block
      if (found === undefined || i < labels.length) found = block
    }
    return found
  }
}

function isFiltered({ plugins }: Block): boolean {
  return plugins.some(plugin => plugin.admits !== undefined)
}
