import { base64url, chainedHash } from '../names.ts'

/** A rule in Felix's words, which are the long options of iptables. */
export interface FelixRule {
  readonly comment?: string
  /** `--in-interface cali+`; all packets when left out. */
  readonly match?: string
  /** `--jump DROP`, `--goto cali-…`. */
  readonly action: string
}

export interface FelixChain {
  readonly name: string
  readonly rules: readonly FelixRule[]
}

/** Characters of a rule's tag: 96 bits of its hash. */
const TAG_LENGTH = 16

/**
 * The tags by which Felix knows its rules again: each is a hash of the chain's name and of all rules up to this one
 * (felix iptables/rules.go).
 */
export function ruleTags(chain: FelixChain): string[] {
  let hash = chainedHash(null, chain.name)
  return chain.rules.map(rule => {
    hash = chainedHash(hash, `-A ${chain.name} HASH ${ruleBody(rule)}`)
    return base64url(hash).slice(0, TAG_LENGTH)
  })
}

/** The rules of a chain as `iptables-restore` takes them; `verb` is `-A NAME` or `-I NAME 1`. */
export function ruleLines(chain: FelixChain, verb = `-A ${chain.name}`): string[] {
  const tags = ruleTags(chain)
  return chain.rules.map((rule, i) => `${verb} -m comment --comment "cali:${tags[i]}" ${ruleBody(rule)}`)
}

function ruleBody({ comment, match, action }: FelixRule): string {
  const words = [comment === undefined ? '' : `-m comment --comment "${comment}"`, match ?? '', action]
  return words.filter(word => word !== '').join(' ')
}
