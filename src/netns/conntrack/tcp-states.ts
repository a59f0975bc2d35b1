import type { TcpConntrackState } from '../model/conntrack.ts'

/** enum tcp_conntrack. */
export const TCP_NONE = 0
export const TCP_SYN_SENT = 1
export const TCP_SYN_RECV = 2
export const TCP_ESTABLISHED = 3
export const TCP_FIN_WAIT = 4
export const TCP_CLOSE_WAIT = 5
export const TCP_LAST_ACK = 6
export const TCP_TIME_WAIT = 7
export const TCP_CLOSE = 8
export const TCP_SYN_SENT2 = 9
/** A packet that is wrong in this state: INVALID. */
export const TCP_INVALID = 10
/** A packet that may be right or wrong; the other end's answer will tell. */
export const TCP_IGNORE = 11

export const TCP_STATE_NAMES: readonly TcpConntrackState[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
]

/** Which flags count, in this order: RST before SYN before FIN before ACK. */
export const SEEN_SYN = 0
export const SEEN_SYNACK = 1
export const SEEN_FIN = 2
export const SEEN_ACK = 3
export const SEEN_RST = 4
export const SEEN_NONE = 5

/** Columns: the state before. Rows: the packet. Entries: the state after (nf_conntrack_proto_tcp.c tcp_conntracks). */
const ORIGINAL = `
            NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2
  SYN       SS   SS       IG       IG          IG       IG         IG       SS        SS    S2
  SYN,ACK   IV   IV       SR       IV          IV       IV         IV       IV        IV    SR
  FIN       IV   IV       FW       FW          LA       LA         LA       TW        CL    IV
  ACK       ES   IV       ES       ES          CW       CW         TW       TW        CL    IV
  RST       IV   CL       CL       CL          CL       CL         CL       CL        CL    CL
  none      IV   IV       IV       IV          IV       IV         IV       IV        IV    IV`

const REPLY = `
            NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2
  SYN       IV   S2       IV       IV          IV       IV         IV       SS        IV    S2
  SYN,ACK   IV   SR       IG       IG          IG       IG         IG       IG        IG    SR
  FIN       IV   IV       FW       FW          LA       LA         LA       TW        CL    IV
  ACK       IV   IG       SR       ES          CW       CW         TW       TW        CL    IG
  RST       IV   CL       CL       CL          CL       CL         CL       CL        CL    CL
  none      IV   IV       IV       IV          IV       IV         IV       IV        IV    IV`

const CODES = ['NO', 'SS', 'SR', 'ES', 'FW', 'CW', 'LA', 'TW', 'CL', 'S2', 'IV', 'IG']
const STATES = TCP_STATE_NAMES.length
const PACKETS = 6

function readTable(text: string): number[] {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .flatMap(row => row.trim().split(/\s+/).slice(1))
    .map(code => CODES.indexOf(code))
}

const TRANSITIONS = Uint8Array.from([...readTable(ORIGINAL), ...readTable(REPLY)])

/** The state that a packet of kind `seen` in direction `dir` leads to from `state`; TCP_INVALID or TCP_IGNORE. */
export function tcpTransition(dir: number, seen: number, state: number): number {
  return TRANSITIONS[(dir * PACKETS + seen) * STATES + state] ?? TCP_INVALID
}

const SECOND = 1_000_000

/** Timeouts of the states, in microseconds (`net.netfilter.nf_conntrack_tcp_timeout_*`). */
export const TCP_TIMEOUTS: readonly number[] = [
  120 * SECOND,
  120 * SECOND,
  60 * SECOND,
  432_000 * SECOND,
  120 * SECOND,
  60 * SECOND,
  30 * SECOND,
  120 * SECOND,
  10 * SECOND,
  120 * SECOND,
]
/** `…_max_retrans` and `…_unacknowledged`. */
export const TCP_TIMEOUT_RETRANS = 300 * SECOND
export const TCP_TIMEOUT_UNACK = 300 * SECOND
/** `nf_conntrack_tcp_max_retrans`: pure ACKs repeated so often shorten the timeout. */
export const TCP_MAX_RETRANS = 3
