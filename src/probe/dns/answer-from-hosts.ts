import { TYPES } from '../../dns/index.ts'
import { tryParseAddr } from '../../wire/addr.ts'
import type { Resolution } from './resolution.ts'

/** getaddrinfo reads /etc/hosts before it asks (nsswitch `files dns`); dig, host and nslookup do not. */
const READ_HOSTS = ['glibc', 'musl', 'musl-1.2.3', 'go']

/** What a hosts file says to a name; undefined when it says nothing, or when the resolver does not look there. */
export function answerFromHosts(
  text: string,
  resolver: string,
  name: string,
  types: readonly number[],
): Pick<Resolution, 'disposition' | 'found' | 'addresses' | 'records'> | undefined {
  if (!READ_HOSTS.includes(resolver)) return undefined
  const wanted = name.toLowerCase().replace(/\.$/, '')
  const addresses = text.split('\n').flatMap(line => {
    const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const fits = ip !== undefined && types.includes(ip.includes(':') ? TYPES.AAAA : TYPES.A)
    return fits && tryParseAddr(ip) !== undefined && names.some(known => known.toLowerCase() === wanted) ? [ip] : []
  })
  if (addresses.length === 0) return undefined
  const records = addresses.map(data => ({ name: wanted, ttl: 0, type: data.includes(':') ? 'AAAA' : 'A', data }))
  return { disposition: 'DELIVERED', found: '/etc/hosts', addresses, records }
}
