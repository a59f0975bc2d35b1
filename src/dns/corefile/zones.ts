import { KubehopError } from '../../errors.ts'
import { addrToBigInt, familyOf, tryParseAddr } from '../../wire/addr.ts'
import { checkName, fqdn, splitName } from '../wire/name.ts'

/** Ports that a scheme stands for. */
const SCHEMES: Readonly<Record<string, number>> = { dns: 53, tls: 853, quic: 853, grpc: 443, https: 443, https3: 443 }

/** A key of a server block. */
export interface ZoneKey {
  readonly scheme: string
  /** Lower case, absolute. */
  readonly zone: string
  readonly port: number
}

/** Reads `[scheme://]ZONE[:PORT]`; a zone given as CIDR gives several. Throws KH_COREFILE. */
export function parseKey(text: string, defaultPort: number): ZoneKey[] {
  const scheme = /^([a-z0-9]+):\/\//i.exec(text)
  const transport = scheme?.[1]?.toLowerCase() ?? 'dns'
  if (!Object.hasOwn(SCHEMES, transport))
    throw new KubehopError('KH_COREFILE', `scheme "${transport}://" of ${JSON.stringify(text)} is not served`)
  let rest = scheme === null ? text : text.slice(scheme[0].length)
  let port = transport === 'dns' ? defaultPort : (SCHEMES[transport] ?? defaultPort)
  const colon = /^(.*?):([0-9]*)$/.exec(rest)
  const isAddress = rest.includes('::') || (rest.match(/:/g)?.length ?? 0) > 1
  if (colon !== null && !isAddress) {
    const number = Number(colon[2])
    if (colon[2] === '' || number < 1 || number > 65535)
      throw new KubehopError(
        'KH_COREFILE',
        `${JSON.stringify(text)}: ${JSON.stringify(colon[2])} is not a port (1–65535)`,
      )
    port = number
    rest = colon[1] ?? ''
  }
  return normalizeZones(rest === '' ? '.' : rest).map(zone => ({ scheme: transport, zone, port }))
}

/** A zone as plugins take it: lower case and absolute; a CIDR becomes the reverse zones that cover it. Throws KH_COREFILE. */
export function normalizeZones(text: string): string[] {
  const cidr = /^(.*)\/([0-9]{1,3})$/.exec(text)
  if (cidr !== null) return reverseZones(cidr[1] ?? '', Number(cidr[2]), text)
  try {
    return [checkName(text).toLowerCase()]
  } catch (error) {
    if (error instanceof KubehopError) throw new KubehopError('KH_COREFILE', error.text)
    throw error
  }
}

/** The one zone of a text that is no CIDR. */
export function normalizeZone(text: string): string {
  return normalizeZones(text)[0] ?? fqdn(text)
}

/**
 * The in-addr.arpa or ip6.arpa zones that cover a prefix: split at the next octet or nibble (plugin/normalize.go, `10.0.0.0/17` →
 * 128 zones of /24).
 */
function reverseZones(address: string, bits: number, text: string): string[] {
  const addr = tryParseAddr(address)
  const width = addr === undefined ? 0 : familyOf(addr) === 4 ? 32 : 128
  if (addr === undefined || bits > width)
    throw new KubehopError('KH_COREFILE', `${JSON.stringify(text)} is not a zone: invalid CIDR`)
  const unit = width === 32 ? 8 : 4
  const whole = Math.min(width, Math.max(unit, Math.ceil(bits / unit) * unit))
  const count = 2 ** (whole - bits)
  if (count > 1 << 16)
    throw new KubehopError('KH_COREFILE', `${JSON.stringify(text)} is not a zone: too many reverse zones`)
  const base = bits === 0 ? 0n : (addrToBigInt(addr) >> BigInt(width - bits)) << BigInt(whole - bits)
  return Array.from({ length: count }, (_, i) => {
    let value = base + BigInt(i)
    const labels: string[] = []
    for (let left = whole; left > 0; left -= unit) {
      labels.push(unit === 8 ? String(value & 255n) : (value & 15n).toString(16))
      value >>= BigInt(unit)
    }
    return `${labels.join('.')}.${unit === 8 ? 'in-addr' : 'ip6'}.arpa.`
  })
}

/** 1 for a name below in-addr.arpa, 2 below ip6.arpa, else 0 (dnsutil.IsReverse). */
export function isReverse(name: string): 0 | 1 | 2 {
  const lower = name.toLowerCase()
  return lower.endsWith('.in-addr.arpa.') ? 1 : lower.endsWith('.ip6.arpa.') ? 2 : 0
}

/** The address that a full reverse name stands for; undefined for any other name (dnsutil.ExtractAddressFromReverse). */
export function addressOfReverse(name: string): string | undefined {
  const kind = isReverse(name)
  if (kind === 0) return undefined
  const labels = splitName(name.toLowerCase()).slice(0, -2).reverse()
  if (kind === 1)
    return labels.length === 4 && labels.every(label => /^(0|[1-9][0-9]{0,2})$/.test(label) && Number(label) < 256)
      ? labels.join('.')
      : undefined
  if (labels.length !== 32 || !labels.every(label => /^[0-9a-f]$/.test(label))) return undefined
  return (labels.join('').match(/.{4}/g) ?? []).join(':')
}

/** The reverse name of an address: `1.0.0.10.in-addr.arpa.`. */
export function reverseName(address: string): string | undefined {
  const addr = tryParseAddr(address)
  if (addr === undefined) return undefined
  const width = familyOf(addr) === 4 ? 32 : 128
  return reverseZones(address, width, address)[0]
}
