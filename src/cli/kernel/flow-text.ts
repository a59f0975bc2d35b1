import { formatAddr, parseAddr } from '../../wire/addr.ts'
import type { PortText } from './frame-text.ts'

/**
 * A line of `conntrack -L` or /proc/net/nf_conntrack without times and use counts: `udp [UNREPLIED] src=… dst=… …`. Ports that
 * chance drew are `*`.
 */
export function flowText(line: string, port: PortText): string {
  const words = line.trim().split(/\s+/)
  const proto = words.find(word => /^(?:tcp|udp|icmp|icmpv6|sctp|unknown|udplite|gre)$/.test(word)) ?? '?'
  const state =
    proto === 'tcp' || proto === 'sctp' ? words.find(word => /^[A-Z_0-9]+$/.test(word) && /[A-Z]/.test(word)) : ''
  const shown = words.flatMap(word => {
    const [key = '', value = ''] = word.split('=')
    if (key === 'sport' || key === 'dport' || key === 'id') return [`${key}=${port(Number(value))}`]
    // The kernel's own file writes IPv6 addresses in full.
    if (key === 'src' || key === 'dst') return [`${key}=${formatAddr(parseAddr(value))}`]
    if (['type', 'code', 'packets', 'bytes'].includes(key)) return [word]
    if (key === 'mark') return value === '0' ? [] : [word]
    return word === '[UNREPLIED]' || word === '[ASSURED]' ? [word] : []
  })
  return [proto, state, ...shown].filter(word => word !== '' && word !== undefined).join(' ')
}
