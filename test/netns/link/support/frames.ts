import { Skb } from '../../../../src/netns/model/skb.ts'
import { parseAddr } from '../../../../src/wire/addr.ts'
import { type Mac, parseMac } from '../../../../src/wire/mac.ts'
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPPROTO_UDP } from '../../../../src/wire/protocol.ts'

/** The address 02:00:00:00:00:NN. */
export function mac(last: number): Mac {
  return (0x0200_0000_0000 + last) as Mac
}

let ids = 0

/** A UDP packet of `length` bytes in a frame. Addresses as text or number. */
export function frame(
  ethSrc: Mac | string,
  ethDst: Mac | string,
  options: { src?: string; dst?: string; length?: number; vlan?: number; df?: boolean } = {},
): Skb {
  const skb = new Skb()
  skb.id = ++ids
  skb.ethSrc = typeof ethSrc === 'string' ? parseMac(ethSrc) : ethSrc
  skb.ethDst = typeof ethDst === 'string' ? parseMac(ethDst) : ethDst
  skb.src = parseAddr(options.src ?? '10.9.0.1')
  skb.dst = parseAddr(options.dst ?? '10.9.0.2')
  const v6 = options.src?.includes(':') === true
  skb.etherType = v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  skb.proto = IPPROTO_UDP
  skb.sport = 1000
  skb.dport = 2000
  skb.length = options.length ?? 48
  skb.payloadLength = skb.length - (v6 ? 48 : 28)
  skb.vlan = options.vlan ?? -1
  skb.df = options.df ?? true
  return skb
}

/** An ARP request. */
export function arpRequest(ethSrc: Mac, sender: string, target: string): Skb {
  const skb = frame(ethSrc, 'ff:ff:ff:ff:ff:ff', { src: sender, dst: target, length: 28 })
  skb.etherType = ETHERTYPE_ARP
  skb.arpOp = 1
  skb.arpSha = ethSrc
  return skb
}
