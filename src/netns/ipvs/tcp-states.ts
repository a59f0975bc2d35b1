import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'

/** States of a TCP connection as `ipvsadm -Lc` prints them (ip_vs_proto_tcp.c). */
export const TCP_STATES = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
] as const

export const STATE_TIME_WAIT = 5
export const STATE_CLOSE = 6

/** Seconds that a connection may be idle, by state. */
export const TCP_TIMEOUTS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120] as const

/** Whether a connection in this state counts as active. */
const ACTIVE = [false, true, true, true, false, false, false, false, false, false, true] as const

/** New state by flag (syn, fin, ack, rst) and old state, for packets of the client and of the server (tcp_states). */
const CLIENT = [
  [3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3],
  [6, 7, 2, 5, 5, 5, 6, 7, 8, 9, 5],
  [1, 1, 2, 1, 4, 5, 6, 7, 6, 9, 1],
  [6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 3],
] as const
const SERVER = [
  [2, 1, 2, 3, 2, 2, 2, 2, 2, 9, 3],
  [5, 4, 2, 5, 4, 5, 6, 5, 8, 9, 5],
  [1, 1, 2, 1, 4, 5, 6, 7, 8, 1, 1],
  [6, 6, 2, 6, 6, 5, 6, 6, 6, 6, 6],
] as const

export function nextTcpState(state: number, flags: number, fromServer: boolean): number {
  const rows = fromServer ? SERVER : CLIENT
  if ((flags & TCP_RST) !== 0) return rows[3][state] ?? state
  if ((flags & TCP_SYN) !== 0) return rows[0][state] ?? state
  if ((flags & TCP_FIN) !== 0) return rows[1][state] ?? state
  return (flags & TCP_ACK) !== 0 ? (rows[2][state] ?? state) : state
}

export function isActiveState(state: number): boolean {
  return ACTIVE[state] ?? false
}
