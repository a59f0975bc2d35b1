import type { Addr } from '../../wire/addr.ts'
import { MAC_ZERO, type Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import type { Neighbour, NeighbourState } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'

/** One neighbour with what its state machine remembers (struct neighbour). Times are simulated microseconds. */
export class NeighbourEntry implements Neighbour {
  readonly addr: Addr
  readonly dev: Device
  mac: Mac = MAC_ZERO
  state: NeighbourState
  /** When the neighbour was last known to be reachable. */
  confirmed: number
  /** When a packet last needed it. */
  used: number
  /** When state or address last changed. */
  updated: number
  probes = 0
  /** Handle of the pending timer, 0 when there is none. */
  timer = 0
  /** Packets that wait for the address, oldest first. */
  queue: Skb[] = []
  /** Sum of their sizes in memory. */
  queued = 0

  constructor(addr: Addr, dev: Device, state: NeighbourState, now: number) {
    this.addr = addr
    this.dev = dev
    this.state = state
    this.confirmed = now
    this.used = now
    this.updated = now
  }

  /** NUD_VALID: the address can be used. */
  get valid(): boolean {
    return this.state !== 'INCOMPLETE' && this.state !== 'FAILED'
  }

  /** NUD_CONNECTED: the address can be used without asking. */
  get connected(): boolean {
    return this.state === 'REACHABLE' || this.state === 'PERMANENT' || this.state === 'NOARP'
  }
}
