/** Packets as bytes and as snapshots: `skbToFrame`, `frameToSkb`, `viewOf`, and the lengths that follow from the fields. */
export * from './skb-bytes/length.ts'
export { frameToSkb } from './skb-bytes/read.ts'
export { viewOf } from './skb-bytes/view.ts'
export { skbToFrame, skbToPacket } from './skb-bytes/write.ts'
