export { createNft, type NftRuleset } from './create-nft.ts'
export { elementText as nftElementText } from './list/list-set.ts'
export { type NftInput, parseRuleset, type SetLookup } from './text/parse-ruleset.ts'
export { formatPriority as nftPriority } from './text/priority.ts'
