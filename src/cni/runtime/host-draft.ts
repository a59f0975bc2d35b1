import type { LinkConfig, ListenerConfig, NamespaceConfig } from '../../netns/config.ts'
import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { tryParseCidr } from '../../wire/prefix.ts'

/** One namespace while plugins work on it: the lines that `ip` would be given, in order. */
export class NamespaceDraft {
  readonly name: string
  readonly links: LinkConfig[] = []
  readonly addresses: { readonly cidr: string; readonly dev: string }[] = []
  readonly routes: string[] = []
  readonly neighbours: string[] = []
  readonly fdb: string[] = []
  readonly sysctls: [string, string][] = []
  /** `ipset restore` inputs. */
  readonly ipsets: string[] = []
  loopbackUp = false

  constructor(name: string) {
    this.name = name
  }

  addressesOf(dev: string): string[] {
    return this.addresses.filter(entry => entry.dev === dev).map(entry => entry.cidr)
  }

  setSysctl(name: string, value: string): void {
    if (!this.sysctls.some(([known, old]) => known === name && old === value)) this.sysctls.push([name, value])
  }

  toConfig(listeners: readonly ListenerConfig[], iptables: NamespaceConfig['iptables'] = []): NamespaceConfig {
    return {
      name: this.name,
      sysctls: this.sysctls,
      links: this.links,
      addresses: this.addresses.map(({ cidr, dev }) => `${cidr}${hasBroadcast(cidr) ? ' brd +' : ''} dev ${dev}`),
      routes: this.routes,
      rules: [],
      neighbours: this.neighbours,
      fdb: this.fdb,
      ipsets: this.ipsets,
      iptables,
      listeners,
    }
  }
}

/** What host-local keeps in `/var/lib/cni/networks/NAME`: who holds which address, and where the last search ended. */
export interface IpamStore {
  /** Address text → `containerID\r\nifname`. */
  readonly reserved: Map<string, string>
  /** Last address given out, by index of the range set. */
  readonly last: Map<number, string>
}

/**
 * A node while network plugins work on it. Running a plugin changes nothing but this draft; what comes out is configuration.
 * Rules are kept by owner, so that DEL takes away exactly what ADD brought.
 */
export class HostDraft {
  readonly node: NamespaceDraft
  readonly pods = new Map<string, NamespaceDraft>()
  readonly #rules = new Map<string, { readonly family: 4 | 6; readonly text: string; readonly source: string }>()
  readonly #ipam = new Map<string, IpamStore>()
  /** `/run/flannel/subnet.env`, when flanneld has written it. */
  readonly files = new Map<string, string>()

  constructor(nodeName: string) {
    this.node = new NamespaceDraft(nodeName)
  }

  /** Namespace of a pod, which the runtime has made before it runs a plugin. */
  pod(netns: string): NamespaceDraft | undefined {
    return this.pods.get(netns)
  }

  ipam(network: string): IpamStore {
    let store = this.#ipam.get(network)
    if (store === undefined) {
      store = { reserved: new Map(), last: new Map() }
      this.#ipam.set(network, store)
    }
    return store
  }

  /** Puts `iptables-restore --noflush` input in place under a key; the same key again replaces it where it stands. */
  setRules(key: string, family: 4 | 6, text: string, source: string): void {
    this.#rules.set(`${key}/${family}`, { family, text, source })
  }

  deleteRules(key: string): void {
    this.#rules.delete(`${key}/4`)
    this.#rules.delete(`${key}/6`)
  }

  get iptables(): NamespaceConfig['iptables'] {
    return [...this.#rules.values()]
  }
}

/** The address part of `address/length`, canonical. */
export function addressOf(cidr: string): string {
  const parsed = tryParseCidr(cidr)
  return parsed === undefined ? cidr : formatAddr(parsed.addr)
}

/** IPv4 subnets with room for one get a broadcast address. */
function hasBroadcast(cidr: string): boolean {
  return !cidr.includes(':') && Number(cidr.split('/')[1]) < 31
}

export function isV6Text(text: string): boolean {
  const addr = tryParseAddr(text.replace(/\/.*/, ''))
  return addr !== undefined && text.includes(':')
}
