export { type PacketReachReport, packetReachText } from './packet-reach-text.ts'
export { profilesText } from './profiles-text.ts'
