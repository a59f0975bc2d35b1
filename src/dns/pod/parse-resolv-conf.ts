import { KubehopError } from '../../errors.ts'

/** What a resolv.conf says. */
export interface ResolvConf {
  readonly nameservers: readonly string[]
  readonly searches: readonly string[]
  /** `ndots:5`, `rotate`. */
  readonly options: readonly string[]
}

/**
 * Reads a resolv.conf as kubelet does (pkg/kubelet/network/dns, parseResolvConf): nameservers add up, the last `search` and the last
 * `options` win, dots at the end of search domains go, `domain` does not count. Throws KH_DNS for `nameserver` without an address.
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = []
  let searches: string[] = []
  let options: string[] = []
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    const [keyword, ...values] = trimmed.split(/\s+/)
    switch (keyword) {
      case 'nameserver': {
        const [address] = values
        if (address === undefined)
          throw new KubehopError('KH_DNS', 'resolv.conf: a line "nameserver" without an address')
        nameservers.push(address)
        break
      }
      case 'search':
        searches = values.map(value => (value === '.' ? value : value.replace(/\.$/, '')))
        break
      case 'options':
        options = values
        break
    }
  }
  return { nameservers, searches, options }
}
