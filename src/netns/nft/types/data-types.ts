import { type Addr, addrToBigInt, formatAddr, isV6, tryParseAddr } from '../../../wire/addr.ts'
import { formatMac, type Mac, parseMac } from '../../../wire/mac.ts'
import { servicePort } from '../../../wire/service-port.ts'
import { type DataType, numberType, type Value } from './data-type.ts'
import { PROTOCOLS } from './names.ts'

const address = (name: string, v6: boolean): DataType => ({
  name,
  bitmask: false,
  perLine: v6 ? 1 : 2,
  parse(text) {
    const addr = tryParseAddr(text)
    return addr !== undefined && isV6(addr) === v6 ? addr : undefined
  },
  format: value => formatAddr(value as Addr),
  order: value => (v6 ? addrToBigInt(value as Addr) : Number(value)),
})

/** Kept as strings; sorted as nft does, which takes them for numbers of the host's byte order. */
const device = (name: string): DataType => ({
  name,
  bitmask: false,
  perLine: 1,
  parse: text => (text.length > 0 && text.length <= 16 ? text : undefined),
  format: value => `"${value}"`,
  order(value: Value) {
    let number = 0n
    const text = String(value)
    for (let i = text.length - 1; i >= 0; i--) number = (number << 8n) | BigInt(text.charCodeAt(i) & 255)
    return number
  },
})

export const IPV4_ADDR = address('ipv4_addr', false)
export const IPV6_ADDR = address('ipv6_addr', true)
export const IFNAME = device('ifname')
export const IFACE_INDEX = device('iface_index')
export const ETHER_ADDR: DataType = {
  name: 'ether_addr',
  bitmask: false,
  perLine: 1,
  parse: text => (/^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(text) ? parseMac(text) : undefined),
  format: value => formatMac(value as Mac),
  order: Number,
}
export const INET_PROTO = numberType('inet_proto', 255, PROTOCOLS, { perLine: 5 })
const ports = numberType('inet_service', 65535, [], { perLine: 5 })
export const INET_SERVICE: DataType = { ...ports, parse: text => servicePort(text) ?? ports.parse(text) }
export const MARK = numberType('mark', 0xffffffff, [], { perLine: 5, hex: 8 })
export const INTEGER = numberType('integer', 0xffffffff, [], { perLine: 1 })
export const CT_STATE = numberType(
  'ct_state',
  0xffffffff,
  [
    ['invalid', 1],
    ['established', 2],
    ['related', 4],
    ['new', 8],
    ['untracked', 64],
  ],
  { bitmask: true, perLine: 2 },
)
export const CT_DIR = numberType('ct_dir', 1, [
  ['original', 0],
  ['reply', 1],
])
export const CT_STATUS = numberType(
  'ct_status',
  0xffffffff,
  [
    ['expected', 1],
    ['seen-reply', 2],
    ['assured', 4],
    ['confirmed', 8],
    ['snat', 16],
    ['dnat', 32],
    ['dying', 512],
  ],
  { bitmask: true },
)
export const TCP_FLAG = numberType(
  'tcp_flag',
  255,
  [
    ['fin', 1],
    ['syn', 2],
    ['rst', 4],
    ['psh', 8],
    ['ack', 16],
    ['urg', 32],
    ['ecn', 64],
    ['cwr', 128],
  ],
  { bitmask: true },
)
export const NF_PROTO = numberType('nf_proto', 255, [
  ['ipv4', 2],
  ['ipv6', 10],
])
export const ETHER_TYPE = numberType(
  'ether_type',
  65535,
  [
    ['ip', 0x0800],
    ['arp', 0x0806],
    ['ip6', 0x86dd],
    ['vlan', 0x8100],
  ],
  { hex: 4 },
)
export const FIB_ADDRTYPE = numberType('fib_addrtype', 255, [
  ['unspec', 0],
  ['unicast', 1],
  ['local', 2],
  ['broadcast', 3],
  ['anycast', 4],
  ['multicast', 5],
  ['blackhole', 6],
  ['unreachable', 7],
  ['prohibit', 8],
])
export const BOOLEAN = numberType('boolean', 1, [
  ['exists', 1],
  ['missing', 0],
])
export const PKT_TYPE = numberType('pkt_type', 255, [
  ['host', 0],
  ['unicast', 0],
  ['broadcast', 1],
  ['multicast', 2],
  ['other', 3],
])
export const DSCP = numberType(
  'dscp',
  63,
  [
    ['cs0', 0],
    ['cs1', 8],
    ['cs2', 16],
    ['cs3', 24],
    ['cs4', 32],
    ['cs5', 40],
    ['cs6', 48],
    ['cs7', 56],
    ['be', 0],
    ['af11', 10],
    ['af12', 12],
    ['af13', 14],
    ['af21', 18],
    ['af22', 20],
    ['af23', 22],
    ['af31', 26],
    ['af32', 28],
    ['af33', 30],
    ['af41', 34],
    ['af42', 36],
    ['af43', 38],
    ['ef', 46],
  ],
  { hex: 2 },
)
export const ICMP_TYPE = numberType('icmp_type', 255, [
  ['echo-reply', 0],
  ['destination-unreachable', 3],
  ['source-quench', 4],
  ['redirect', 5],
  ['echo-request', 8],
  ['router-advertisement', 9],
  ['router-solicitation', 10],
  ['time-exceeded', 11],
  ['parameter-problem', 12],
  ['timestamp-request', 13],
  ['timestamp-reply', 14],
  ['info-request', 15],
  ['info-reply', 16],
  ['address-mask-request', 17],
  ['address-mask-reply', 18],
])
export const ICMP_CODE = numberType('icmp_code', 255, [
  ['net-unreachable', 0],
  ['host-unreachable', 1],
  ['prot-unreachable', 2],
  ['port-unreachable', 3],
  ['frag-needed', 4],
  ['net-prohibited', 9],
  ['host-prohibited', 10],
  ['admin-prohibited', 13],
])
export const ICMPV6_TYPE = numberType('icmpv6_type', 255, [
  ['destination-unreachable', 1],
  ['packet-too-big', 2],
  ['time-exceeded', 3],
  ['parameter-problem', 4],
  ['echo-request', 128],
  ['echo-reply', 129],
  ['mld-listener-query', 130],
  ['mld-listener-report', 131],
  ['mld-listener-done', 132],
  ['mld-listener-reduction', 132],
  ['nd-router-solicit', 133],
  ['nd-router-advert', 134],
  ['nd-neighbor-solicit', 135],
  ['nd-neighbor-advert', 136],
  ['nd-redirect', 137],
  ['router-renumbering', 138],
  ['ind-neighbor-solicit', 141],
  ['ind-neighbor-advert', 142],
  ['mld2-listener-report', 143],
])
export const ICMPV6_CODE = numberType('icmpv6_code', 255, [
  ['no-route', 0],
  ['admin-prohibited', 1],
  ['addr-unreachable', 3],
  ['port-unreachable', 4],
  ['policy-fail', 5],
  ['reject-route', 6],
])

/** The types that `type` of a set or map may name. */
export const DATA_TYPES: ReadonlyMap<string, DataType> = new Map(
  [
    IPV4_ADDR,
    IPV6_ADDR,
    ETHER_ADDR,
    INET_PROTO,
    INET_SERVICE,
    MARK,
    IFNAME,
    IFACE_INDEX,
    CT_STATE,
    CT_DIR,
    CT_STATUS,
    TCP_FLAG,
    NF_PROTO,
    ETHER_TYPE,
    FIB_ADDRTYPE,
    PKT_TYPE,
    DSCP,
    ICMP_TYPE,
    ICMP_CODE,
    ICMPV6_TYPE,
    ICMPV6_CODE,
  ].map(type => [type.name, type]),
)
