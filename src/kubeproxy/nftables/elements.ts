import type { NftText } from './nft-text.ts'

/** The sets and maps that all Services share, in the order in which kube-proxy tidies them up. */
const CONTAINERS = [
  'cluster-ips',
  'service-ips',
  'firewall-ips',
  'no-endpoint-services',
  'no-endpoint-nodeports',
  'service-nodeports',
] as const
export type NftContainer = (typeof CONTAINERS)[number]

/**
 * The elements of the shared sets and maps during one transaction (nftElementStorage, pkg/proxy/nftables): only what differs from
 * what is there is written, whether Services changed or not.
 */
export class NftElements {
  readonly #text: NftText
  /** Verdicts by `container key`; empty for elements of sets. */
  readonly #there: Map<string, string>
  readonly #leftover: Set<string>

  /** `there` is kept up to date. */
  constructor(text: NftText, there: Map<string, string>) {
    this.#text = text
    this.#there = there
    this.#leftover = new Set(there.keys())
  }

  /** The element is there when the transaction is done; with another verdict than before it is deleted and added again. */
  ensure(container: NftContainer, key: string, verdict?: string, comment?: string): void {
    const name = `${container} ${key}`
    const known = this.#there.get(name)
    const value = verdict ?? ''
    this.#leftover.delete(name)
    if (known === value) return
    if (known !== undefined) this.#text.deleteElement(container, key)
    this.#text.element(container, key, verdict, comment)
    this.#there.set(name, value)
  }

  /** Deletes what nobody has ensured. */
  deleteLeftover(): void {
    for (const container of CONTAINERS) {
      const prefix = `${container} `
      for (const name of [...this.#leftover].filter(each => each.startsWith(prefix)).sort()) {
        this.#text.deleteElement(container, name.slice(prefix.length))
        this.#there.delete(name)
      }
    }
    this.#leftover.clear()
  }
}
