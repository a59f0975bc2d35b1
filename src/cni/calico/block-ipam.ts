import { type Addr, addrToBigInt, formatAddr, parseAddr } from '../../wire/addr.ts'
import { Prefix, parsePrefix } from '../../wire/prefix.ts'
import type { CalicoNodeIpam, CalicoPool } from './config.ts'

/** A block of a pool: who claimed it, and how many of its addresses were given out in order. */
interface Block {
  readonly prefix: Prefix
  readonly owner: string
  /** Ordinals that were given out or found in use, in that order. */
  readonly used: Set<number>
}

interface NodeState {
  readonly tunnels: { ipip?: string; vxlan?: string }
  readonly borrowed: string[]
}

/** At most this many blocks are looked at for one address. */
const MAX_BLOCKS = 1 << 16

/**
 * calico-ipam (libcalico-go lib/ipam): pools are cut into blocks, a node claims blocks and gives out their addresses, the lowest that
 * was never used first, then those that came back in the order in which they were used. When no block is left to claim, it borrows
 * single addresses of other nodes' blocks.
 *
 * Which block a node tries first comes from a hash of its name, as in Calico; Calico seeds Go's generator with that hash, here it is
 * stirred, so the blocks are others than on a real cluster with these names.
 */
export class BlockIpam {
  #pools: readonly CalicoPool[]
  readonly #blocks = new Map<string, Block>()
  readonly #nodes = new Map<string, NodeState>()

  constructor(pools: readonly CalicoPool[]) {
    this.#pools = pools
  }

  get pools(): readonly CalicoPool[] {
    return this.#pools
  }

  usePools(pools: readonly CalicoPool[]): void {
    this.#pools = pools
  }

  /** A copy that gives the same addresses from here on, and takes none from this one. */
  fork(): BlockIpam {
    const copy = new BlockIpam(this.#pools)
    for (const [key, { prefix, owner, used }] of this.#blocks)
      copy.#blocks.set(key, { prefix, owner, used: new Set(used) })
    for (const [name, { tunnels, borrowed }] of this.#nodes)
      copy.#nodes.set(name, { tunnels: { ...tunnels }, borrowed: [...borrowed] })
    return copy
  }

  /** Notes that a node's pod or tunnel has an address: its block is that node's, unless another has it. */
  observe(ip: string, node: string): void {
    const addr = parseAddr(ip)
    const pool = this.#poolOf(addr)
    if (pool === undefined) return
    const prefix = new Prefix(addr, pool.blockSize)
    const block = this.#blocks.get(prefix.toString()) ?? this.#claim(prefix, node)
    const ordinal = Number(addrToBigInt(addr) - addrToBigInt(prefix.addr))
    if (block.used.has(ordinal)) return
    block.used.add(ordinal)
    if (block.owner !== node) this.#node(node).borrowed.push(ip)
  }

  /** Notes an affinity that the objects tell of. */
  observeBlock(cidr: string, node: string): void {
    const prefix = parsePrefix(cidr)
    if (!this.#blocks.has(prefix.toString())) this.#claim(prefix, node)
  }

  /** Gives the node the address that its tunnel device is known to have. */
  observeTunnel(kind: 'ipip' | 'vxlan', ip: string, node: string): void {
    this.observe(ip, node)
    this.#node(node).tunnels[kind] = ip
  }

  /** Makes sure that a node's tunnel devices have addresses: it is the first thing that calico-node asks for. */
  startNode(node: string, isTaken: (ip: string) => boolean): void {
    const { tunnels } = this.#node(node)
    for (const kind of ['ipip', 'vxlan'] as const) {
      const mode = kind === 'ipip' ? 'ipipMode' : 'vxlanMode'
      const pools = this.#pools.filter(pool => pool[mode] !== 'Never' && !pool.cidr.includes(':'))
      if (pools.length === 0 || tunnels[kind] !== undefined) continue
      const ip = this.#allocate(pools, node, isTaken)
      if (ip !== undefined) tunnels[kind] = ip
    }
  }

  /** One address of each family that the pools have; fewer when they are exhausted. */
  allocate(node: string, isTaken: (ip: string) => boolean): string[] {
    this.startNode(node, isTaken)
    return ([4, 6] as const).flatMap(family => {
      const pools = this.#pools.filter(pool => !pool.disabled && pool.cidr.includes(':') === (family === 6))
      return this.#allocate(pools, node, isTaken) ?? []
    })
  }

  nodeIpam(name: string): CalicoNodeIpam {
    const { borrowed, tunnels } = this.#nodes.get(name) ?? { borrowed: [], tunnels: {} }
    const blocks = [...this.#blocks.values()].flatMap(({ owner, prefix }) =>
      owner === name ? [prefix.toString()] : [],
    )
    return { blocks, borrowed, tunnels }
  }

  #allocate(pools: readonly CalicoPool[], node: string, isTaken: (ip: string) => boolean): string | undefined {
    const take = (block: Block): string | undefined => takeFrom(block, isTaken)
    for (const pool of pools) {
      const prefix = parsePrefix(pool.cidr)
      for (const block of this.#blocks.values()) {
        if (block.owner !== node || !prefix.covers(block.prefix)) continue
        const ip = take(block)
        if (ip !== undefined) return ip
      }
      for (const free of this.#freeBlocks(pool, node)) {
        const ip = take(this.#claim(free, node))
        if (ip !== undefined) return ip
      }
    }
    for (const pool of pools) {
      const prefix = parsePrefix(pool.cidr)
      for (const block of this.#blocks.values()) {
        const ip = prefix.covers(block.prefix) ? take(block) : undefined
        if (ip === undefined) continue
        this.#node(node).borrowed.push(ip)
        return ip
      }
    }
    return undefined
  }

  /** Blocks that nobody claimed, from the node's own first choice on, once around the pool. */
  *#freeBlocks(pool: CalicoPool, node: string): IterableIterator<Prefix> {
    const prefix = parsePrefix(pool.cidr)
    const size = 1n << BigInt((prefix.family === 4 ? 32 : 128) - pool.blockSize)
    const count = prefix.size / size
    const first = BigInt(startOf(node)) % count
    for (let i = 0n; i < count && i < MAX_BLOCKS; i++) {
      const block = new Prefix(prefix.at(((first + i) % count) * size), pool.blockSize)
      if (!this.#blocks.has(block.toString())) yield block
    }
  }

  #poolOf(addr: Addr): CalicoPool | undefined {
    return this.#pools.find(pool => parsePrefix(pool.cidr).contains(addr))
  }

  #claim(prefix: Prefix, owner: string): Block {
    const block: Block = { prefix, owner, used: new Set() }
    this.#blocks.set(prefix.toString(), block)
    return block
  }

  #node(name: string): NodeState {
    let state = this.#nodes.get(name)
    if (state === undefined) {
      state = { tunnels: {}, borrowed: [] }
      this.#nodes.set(name, state)
    }
    return state
  }
}

/** The lowest ordinal that was never used, or the first used one that nobody has any more. */
function takeFrom(block: Block, isTaken: (ip: string) => boolean): string | undefined {
  const size = Number(block.prefix.size)
  for (let ordinal = 0; ordinal < size; ordinal++) {
    if (block.used.has(ordinal)) continue
    block.used.add(ordinal)
    const ip = formatAddr(block.prefix.at(ordinal))
    if (!isTaken(ip)) return ip
  }
  return undefined
}

/** A number of 32 bits that comes from a node's name: FNV-1 (Go's hash/fnv), stirred so that similar names lie far apart. */
function startOf(node: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(node)) hash = Math.imul(hash, 0x01000193) ^ byte
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
