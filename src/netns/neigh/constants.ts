/** Timing and limits of neighbour discovery (`net.ipv4.neigh.default.*`, the same for IPv6). Times in microseconds. */

/** `base_reachable_time_ms`. Linux draws 0.5 to 1.5 times that; here it is exact. */
export const REACHABLE_TIME = 30_000_000
/** `delay_first_probe_time`: how long a stale address is used before it is asked for. */
export const DELAY_PROBE_TIME = 5_000_000
/** `retrans_time_ms`. */
export const RETRANS_TIME = 1_000_000
/** `ucast_solicit`, `mcast_solicit`. */
export const UCAST_PROBES = 3
export const MCAST_PROBES = 3
/** `locktime`: an address that is younger is not replaced by another. ARP only. */
export const LOCKTIME = 1_000_000
/** `unres_qlen_bytes`: memory of packets that wait for one neighbour. */
export const UNRES_QLEN_BYTES = 212_992
/** `gc_thresh3`: entries that are not permanent. Beyond it new neighbours cannot be reached. */
export const GC_THRESH3 = 1024
/** Entries younger than that are not collected to make room (neigh_forced_gc). */
export const GC_MIN_AGE = 5_000_000
