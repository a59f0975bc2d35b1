import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { NamespaceConfig } from '../netns/config.ts'

/** The longest part of a cluster's name that is taken over. */
const MAX_NAME = 20

/** `kh-NAME-HASH`: the same cluster has the same name, another one (or another part of it) does not clash with it. */
export function labName(cluster: string, configs: readonly NamespaceConfig[]): string {
  const hash = bytesToHex(sha256(utf8ToBytes(JSON.stringify(configs)))).slice(0, 6)
  const name = word(cluster)
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, '')
  return `kh-${name === '' ? 'lab' : name}-${hash}`
}

/** A namespace as part of a file name: `default/web` → `default.web`. Two names never become one. */
export function shortNames(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>()
  const result = new Map<string, string>()
  for (const name of names) {
    const base = name.split('/').map(word).join('.')
    let short = base
    for (let i = 2; taken.has(short); i++) short = `${base}-${i}`
    taken.add(short)
    result.set(name, short)
  }
  return result
}

function word(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '')
}
