import type { Skb } from '../model/skb.ts'
import type { FlowEntry } from './entry.ts'

/** Moves the expiry of a flow and counts the packet (nf_ct_refresh_acct). `timeout` in microseconds. */
export function refresh(entry: FlowEntry, dir: number, skb: Skb, now: number, timeout: number): void {
  if (!entry.fixedTimeout) entry.expires = now + timeout
  account(entry, dir, skb)
}

/** Counts the packet (nf_ct_acct_update). */
export function account(entry: FlowEntry, dir: number, skb: Skb): void {
  entry.count(dir, 1, skb.length)
}
