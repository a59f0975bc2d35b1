import type { Addr } from '../../wire/addr.ts'

/** ip_rt_redirect_load, ip_rt_redirect_number, ip_rt_redirect_silence (net/ipv4/route.c), in microseconds. */
const LOAD = 20_000
const NUMBER = 9
const SILENCE = 20_480_000
const MAX_PEERS = 4096

interface Peer {
  sent: number
  last: number
}

/**
 * Whether one more ICMP redirect may go to a sender (ip_rt_send_redirect): each waits twice as long as the one before, after
 * nine that changed nothing there are no more until the sender was quiet for 20.48 s.
 */
export class RedirectLimit {
  readonly #peers = new Map<Addr, Peer>()

  allow(sender: Addr, now: number): boolean {
    let peer = this.#peers.get(sender)
    if (peer === undefined) {
      if (this.#peers.size >= MAX_PEERS) this.#peers.clear()
      peer = { sent: 0, last: 0 }
      this.#peers.set(sender, peer)
    }
    if (now > peer.last + SILENCE) peer.sent = 0
    if (peer.sent >= NUMBER) {
      peer.last = now
      return false
    }
    if (peer.sent > 0 && now <= peer.last + LOAD * 2 ** peer.sent) return false
    peer.last = now
    peer.sent++
    return true
  }
}
