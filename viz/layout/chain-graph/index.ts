export {
  CHAIN_GRAPH_SIZES,
  type ChainGraphLayout,
  type ChainGraphSizes,
  layoutChainGraph,
  type PlacedChain,
  type PlacedJump,
} from './chain-graph-layout.ts'
export { chainRanks } from './chain-ranks.ts'
export type { ChainSpec, JumpSpec } from './chain-spec.ts'
export { type FoldedRow, foldRows } from './fold-rows.ts'
export { neighbourhood, waysTo } from './neighbourhood.ts'
