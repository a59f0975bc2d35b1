import type { Namespace } from '../model/namespace.ts'
import type { TcpConnection } from './tcp-connection.ts'
import { resend } from './tcp-output.ts'

/** `net.ipv4.tcp_syn_retries`, `tcp_syn_linear_timeouts`, `tcp_synack_retries`, `tcp_retries2`. */
const SYN_RETRIES = 6
const SYN_LINEAR_TIMEOUTS = 4
const SYNACK_RETRIES = 5
const RETRIES2 = 15
const MAX_RTO = 120_000_000
export const SYN_RTO = 1_000_000
/** Lower bound of the timeout with data (TCP_RTO_MIN); round trips take no simulated time. */
export const DATA_RTO = 200_000

/** (Re)starts the retransmission timer; `giveUp` is called when all attempts were in vain. */
export function armTimer(ns: Namespace, c: TcpConnection, giveUp: (c: TcpConnection) => void): void {
  ns.sim.cancel(c.timer)
  c.timer = ns.sim.schedule(c.rto, () => {
    c.timer = 0
    if (c.retransmits >= limitOf(c)) {
      giveUp(c)
      return
    }
    c.retransmits++
    // The first SYNs are repeated at even distances, then each wait is twice as long (tcp_retransmit_timer).
    if (c.state !== 'SYN_SENT' || c.retransmits > SYN_LINEAR_TIMEOUTS) c.rto = Math.min(2 * c.rto, MAX_RTO)
    c.causeId = 0
    resend(ns, c)
    armTimer(ns, c, giveUp)
  })
}

export function stopTimer(ns: Namespace, c: TcpConnection): void {
  ns.sim.cancel(c.timer)
  c.timer = 0
  c.retransmits = 0
  c.rto = DATA_RTO
}

/** tcp_write_timeout: the linear attempts of a SYN come on top of the others. */
function limitOf(c: TcpConnection): number {
  if (c.state === 'SYN_SENT') return SYN_RETRIES + SYN_LINEAR_TIMEOUTS
  return c.state === 'SYN_RECV' ? SYNACK_RETRIES : RETRIES2
}
