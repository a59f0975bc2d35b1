/** Sizes of the boxes in pixels at zoom 1. Letters of the fixed-width font at 11.5 px are 6.95 px wide. */
export const POD = { width: 160, height: 38, columns: 20 }
export const HOST = { height: 20, columns: 20 }
/** Left of each column of pods, for their veths. */
export const GUTTER = 16
export const PAD = 10
export const GAP = 8
export const NODE_HEADER = 44
export const GROUP_LABEL = 20
export const BAR = 24
export const FOLDED = { width: 212, height: 74 }
export const NODE_GAP = 20
/** Under a row of nodes, for the wire and the tunnels. */
export const BUS_ROW = 52
export const MARGIN = 16
export const SERVICE = { height: 28, letter: 7 }
export const OUTSIDE = { width: 170, height: 44 }
