/** Ticks of the kernel's clock a second: stamps of `recent` and the buckets of `limit` are in ticks (CONFIG_HZ of Debian). */
export const HZ = 250

/** Simulated microseconds as ticks. */
export function jiffies(now: number): number {
  return Math.floor(now / (1_000_000 / HZ))
}
