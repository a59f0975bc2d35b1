import type { IptablesInput, NamespaceConfig } from '../config.ts'
import type { NetNamespace } from './namespace.ts'
import type { World } from './world.ts'

/**
 * Brings sets and rules from `previous` to `config`. The first time each input is added to what is there, as its author
 * does it (`iptables-restore --noflush`). Later all tables are replaced at once, so that lists of `-m recent` whose name is
 * still in use keep their entries; sets whose text changed get their new members in place.
 */
export function applyRules(
  world: World,
  ns: NetNamespace,
  config: NamespaceConfig,
  previous: NamespaceConfig | null,
): void {
  if (previous === null) {
    for (const text of config.ipsets) ns.ipsets.restore(text)
    for (const { family, text, source } of config.iptables)
      ns.netfilter.apply(world.parseRules(family, text, source), { noflush: true })
    return
  }
  const setsChanged = !sameTexts(config.ipsets, previous.ipsets)
  const rulesChanged = setsChanged || !sameInputs(config.iptables, previous.iptables)
  if (!rulesChanged) return
  const before = ns.ipsets.names
  if (setsChanged) refillSets(ns, config.ipsets)
  for (const family of [4, 6] as const) replaceRules(world, ns, family, config.iptables, previous.iptables)
  if (setsChanged) {
    // A set can only go when no rule names it any more.
    const kept = new Set(config.ipsets.flatMap(createdSets))
    const gone = before.filter(name => !kept.has(name))
    if (gone.length > 0)
      ns.ipsets.restore([...gone.map(n => `flush ${n}`), ...gone.map(n => `destroy ${n}`)].join('\n'))
  }
}

/** Sets that exist get new members and stay the same sets: rules that name them need not be touched. */
function refillSets(ns: NetNamespace, texts: readonly string[]): void {
  for (const text of texts) {
    const known = createdSets(text).filter(name => ns.ipsets.has(name))
    const flushes = known.map(name => `flush ${name}\n`).join('')
    const lines = text.split('\n').map(line => {
      const name = /^create (\S+)/.exec(line)?.[1]
      return name !== undefined && known.includes(name) ? `${line} -exist` : line
    })
    ns.ipsets.restore(`${flushes}${lines.join('\n')}`)
  }
}

/** Names of the sets that an `ipset restore` input creates. */
function createdSets(text: string): string[] {
  return text.split('\n').flatMap(line => /^create (\S+)/.exec(line)?.[1] ?? [])
}

function replaceRules(
  world: World,
  ns: NetNamespace,
  family: 4 | 6,
  inputs: readonly IptablesInput[],
  previous: readonly IptablesInput[],
): void {
  const tables = new Map<string, string[]>()
  for (const input of previous)
    if (input.family === family) for (const [name] of sections(input.text)) tables.set(name, [])
  const sources: string[] = []
  for (const input of inputs) {
    if (input.family !== family) continue
    sources.push(input.source)
    for (const [name, lines] of sections(input.text)) tables.set(name, [...(tables.get(name) ?? []), ...lines])
  }
  if (tables.size === 0) return
  const text = [...tables].map(([name, lines]) => [`*${name}`, ...lines, 'COMMIT', ''].join('\n')).join('')
  ns.netfilter.apply(world.parseRules(family, text, sources.join('+')))
}

/** The lines between `*TABLE` and `COMMIT`, by table. */
function sections(text: string): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      const name = line.slice(1).trim()
      lines = tables.get(name) ?? []
      tables.set(name, lines)
    } else if (line.trim() !== '' && !line.startsWith('#') && line.trim() !== 'COMMIT') {
      lines.push(line)
    }
  }
  return tables
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}

function sameInputs(a: readonly IptablesInput[], b: readonly IptablesInput[]): boolean {
  return a.length === b.length && a.every((input, i) => input.family === b[i]?.family && input.text === b[i]?.text)
}
