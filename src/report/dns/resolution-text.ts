import type { Resolution, ResolvedQuery } from '../../probe/index.ts'

/** A lookup as text: each query with what came of it and why, the result, the count and what left the cluster. */
export function renderResolution(
  resolution: Resolution,
  options: { readonly quiet: boolean; readonly verbose: boolean },
): string {
  const { query, resolver, resolverFrom, queries, leaked } = resolution
  const lines: string[] = []
  if (!options.quiet) {
    lines.push(`${query.name} (${query.types.join(', ')}) from ${query.from}, resolver ${resolver} (${resolverFrom})`)
    lines.push(...confLines(resolution).map(line => `  ${line}`), '')
    if (queries.length === 0) lines.push('  answered by /etc/hosts: nothing is asked', '')
    const width = Math.max(0, ...queries.map(entry => entry.name.length))
    for (const entry of queries) lines.push(...queryLines(entry, width, options.verbose))
    if (queries.length > 0) lines.push('')
  }
  lines.push(resultLine(resolution))
  // Why the last packet got no answer.
  const lost = [...queries].reverse().find(({ outcome }) => outcome === 'timeout' || /^E[A-Z]+$/.test(outcome))
  const reason = lost?.why.at(-1)
  if (resolution.error !== undefined && reason !== undefined) lines.push(`  ${reason}`)
  if (!options.quiet) {
    const count = queries.length
    const outside = queries.filter(entry => entry.leakedTo.length > 0)
    lines.push(`${count} ${count === 1 ? 'query' : 'queries'}, ${outside.length} of them left the cluster`)
    for (const name of leaked)
      lines.push(
        `  leaked: ${name} -> ${[...new Set(outside.filter(entry => entry.name === name).flatMap(entry => entry.leakedTo))].join(', ')}`,
      )
    for (const assumption of resolution.assumptions) lines.push(`assumed: ${assumption}`)
  }
  return `${lines.join('\n')}\n`
}

function confLines({ resolvConf }: Resolution): string[] {
  return [
    `nameserver ${resolvConf.nameservers.join(' ')}`,
    ...(resolvConf.searches.length === 0 ? [] : [`search ${resolvConf.searches.join(' ')}`]),
    ...(resolvConf.options.length === 0 ? [] : [`options ${resolvConf.options.join(' ')}`]),
  ]
}

function queryLines(entry: ResolvedQuery, width: number, verbose: boolean): string[] {
  const first = entry.answers.filter(rr => rr.type === entry.type).map(rr => rr.data)
  const answer =
    first.length === 0
      ? ''
      : ` ${first.slice(0, 4).join(' ')}${first.length > 4 ? ` and ${first.length - 4} more` : ''}`
  const proto = entry.protocol === 'tcp' ? ' over TCP' : ''
  const line = `  ${String(entry.seq).padStart(2)}. ${entry.name.padEnd(width)} ${entry.type.padEnd(5)} -> ${entry.server}${proto}  ${entry.outcome}${entry.truncated ? ' (cut)' : ''}${answer}`
  const late = entry.outcome === 'timeout' ? [`      no answer within ${(entry.elapsed / 1_000_000).toFixed(1)} s`] : []
  const by = entry.by === undefined ? [] : [`      answered by ${entry.by}`]
  const why = entry.why.map(text => `      ${text}`)
  return verbose
    ? [line, ...late, ...by, ...why]
    : [line, ...late, ...(entry.outcome === 'NOERROR' ? why.slice(0, 1) : [])]
}

function resultLine({ disposition, error, found, addresses, records }: Resolution): string {
  if (error !== undefined) return `${disposition}: ${error}`
  const data = addresses.length > 0 ? addresses : records.map(rr => rr.data)
  return `${disposition}: ${found ?? ''} ${[...new Set(data)].join(' ')}`.trimEnd()
}
