import type { Place } from '../../errors.ts'
import type { DiffEntry } from '../../probe/index.ts'
import { causeText, type DiffPlaces } from './diff-text.ts'

/** One row of a diff as plain data. */
export interface DiffChange {
  readonly from: string
  readonly to: string
  readonly change: 'gained' | 'lost'
  readonly ports: string
  readonly internet: boolean
  readonly causes: readonly (Partial<Place> & {
    readonly kind: string
    readonly namespace?: string
    readonly name: string
    readonly change: 'added' | 'changed' | 'removed'
    readonly path?: string
  })[]
}

/** A diff as JSON: schema kubehop.dev/diff/v1. */
export function diffJson(entries: readonly DiffEntry[], places: DiffPlaces): string {
  return `${JSON.stringify({ schema: 'kubehop.dev/diff/v1', changes: diffChanges(entries, places) }, null, 2)}\n`
}

/** The rows of a diff. */
export function diffChanges(entries: readonly DiffEntry[], places: DiffPlaces): DiffChange[] {
  return entries.map(({ from, to, change, text, internet, causes }) => ({
    from,
    to,
    change,
    ports: text,
    internet,
    causes: causes.map(cause => {
      const { kind, metadata } = cause.object
      const path = cause.rule?.index === undefined ? undefined : `spec.${cause.rule.direction}[${cause.rule.index}]`
      const place = (cause.change === 'removed' ? places.before : places.after)(cause.object, path ?? '')
      return {
        kind,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        name: metadata.name,
        change: cause.change,
        ...(path === undefined ? {} : { path }),
        ...place,
      }
    }),
  }))
}

export function diffMarkdown(entries: readonly DiffEntry[], places: DiffPlaces): string {
  if (entries.length === 0) return 'Nothing changed in who can reach whom.\n'
  const lines = entries.map(entry => {
    const sign = entry.change === 'gained' ? '🟢 gained' : '🔴 lost'
    const causes = entry.causes.map(cause => `\`${causeText(cause, places)}\``).join('<br>')
    return `| ${sign} | ${entry.from} | ${entry.to} | ${entry.text} | ${causes} |`
  })
  return `| | from | to | ports | because of |\n|---|---|---|---|---|\n${lines.join('\n')}\n`
}

export function diffCsv(entries: readonly DiffEntry[], places: DiffPlaces): string {
  const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = entries.map(({ change, from, to, text, causes }) =>
    [change, from, to, text, causes.map(cause => causeText(cause, places)).join('; ')].map(quote).join(','),
  )
  return `change,from,to,ports,causes\r\n${lines.map(line => `${line}\r\n`).join('')}`
}
