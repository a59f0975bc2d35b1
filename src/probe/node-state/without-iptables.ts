/** Tables that iptables-nft makes. */
const IPTABLES_TABLE = /^table (ip6?) (raw|mangle|nat|filter|security) \{/
/** Newer versions of nft print this above the table, older ones to standard error. */
const MANAGED = /^# Warning: table ip6? \S+ is managed by iptables-nft/
/** What nft cannot say in words of its own: extensions of iptables. */
const EXTENSION = /\bxt (?:match|target) "|# xt_/
const BUILT_IN: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])

export interface NativeRuleset {
  /** The ruleset without those tables; lines are blanked, so that numbers of lines stay. */
  readonly text: string
  /** Tables that were left out though nothing else has their rules: `ip nat`. */
  readonly lost: readonly string[]
}

/**
 * Takes the tables of iptables-nft out of `nft list ruleset`, where they are shown too, so that their rules do not count twice.
 * `saved`: what iptables-save and ip6tables-save printed, if anything. A table is left out when that has its rules; also when it
 * has not, and nft cannot say them (`xt match "…"`): then it is lost. A table of the same name that somebody made with nft
 * stays: its base chains are called otherwise, and iptables-save says that it cannot list it.
 */
export function withoutIptables(text: string, saved: { readonly 4?: string; readonly 6?: string }): NativeRuleset {
  const lines = text.split('\n')
  const lost: string[] = []
  let managed = false
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (MANAGED.test(line)) managed = true
    if (!line.startsWith('table ')) continue
    const end = lines.indexOf('}', i)
    const last = end < 0 ? lines.length - 1 : end
    const body = lines.slice(i, last + 1)
    const [, family, name] = IPTABLES_TABLE.exec(line) ?? []
    if (family !== undefined && name !== undefined) {
      const extended = body.some(each => EXTENSION.test(each))
      const isSaved = lists(saved[family === 'ip' ? 4 : 6], name)
      if (isSaved ? managed || extended || hasOnlyBuiltIn(body) : extended) {
        lines.fill('', i, last + 1)
        if (!isSaved) lost.push(`${family} ${name}`)
      }
    }
    managed = false
    i = last
  }
  return { text: lines.join('\n'), lost }
}

/** Whether iptables-save has the table's rules. */
function lists(save: string | undefined, table: string): boolean {
  if (save === undefined) return false
  const lines = save.split('\n')
  return lines.includes(`*${table}`) && !lines.some(line => line.startsWith(`# Table \`${table}' `))
}

function hasOnlyBuiltIn(body: readonly string[]): boolean {
  return body.every((line, i) => {
    const chain = /^\tchain (\S+) \{/.exec(line)?.[1]
    return chain === undefined || BUILT_IN.has(chain) || !/^\t\ttype /.test(body[i + 1] ?? '')
  })
}
