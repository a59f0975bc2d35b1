export { createNft, type NftRuleset } from './create-nft.ts'
export { type NftInput, parseRuleset, type SetLookup } from './text/parse-ruleset.ts'
