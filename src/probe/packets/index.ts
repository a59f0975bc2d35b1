export { compareProfiles, type ProfileCell, type ProfileComparison } from './compare-profiles.ts'
export type { Difference } from './explain-difference.ts'
export { type PacketCell, type PacketReachQuery, packetReach } from './packet-reach.ts'
