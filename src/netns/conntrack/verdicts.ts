/** What a protocol tracker says of a packet. */
export const TRACK_ACCEPT = 0
/** INVALID: the packet belongs to no flow. */
export const TRACK_INVALID = 1
/** The flow was removed; look the packet up again (−NF_REPEAT). */
export const TRACK_REPEAT = 2
/** The flow was removed by this packet, which still counts as part of it. */
export const TRACK_DESTROYED = 3
export type TrackVerdict = 0 | 1 | 2 | 3
