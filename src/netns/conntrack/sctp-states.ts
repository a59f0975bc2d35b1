/** SCTP states as `conntrack -L` names them (nf_conntrack_proto_sctp.c), in the kernel's order. */
export const SCTP_STATES = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
] as const

export type SctpConntrackState = (typeof SCTP_STATES)[number]
