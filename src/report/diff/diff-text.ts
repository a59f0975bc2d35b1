import { formatPlace } from '../../errors.ts'
import type { Cause, DiffEntry } from '../../probe/index.ts'
import { printable } from '../printable.ts'
import { type PlaceOf, policyName } from '../why/why-text.ts'

/** Where a cause stands: in the new objects, or for what was removed in the old ones. */
export interface DiffPlaces {
  readonly before: PlaceOf
  readonly after: PlaceOf
}

/** `+ a -> b TCP 80` and under it what did it. */
export function diffText(entries: readonly DiffEntry[], places: DiffPlaces): string {
  if (entries.length === 0) return 'nothing changed in who can reach whom\n'
  let text = ''
  for (const entry of entries) {
    const risk = entry.internet && entry.change === 'gained' ? '   (outside)' : ''
    text += `${entry.change === 'gained' ? '+' : '-'} ${printable(`${entry.from} -> ${entry.to}`)} ${entry.text}${risk}\n`
    for (const cause of entry.causes) text += `    ${printable(causeText(cause, places))}\n`
  }
  const gained = entries.filter(one => one.change === 'gained').length
  return `${text}\n${gained} gained, ${entries.length - gained} lost\n`
}

export function causeText({ object, change, rule }: Cause, { before, after }: DiffPlaces): string {
  const path = rule?.index === undefined ? '' : `spec.${rule.direction}[${rule.index}]`
  const place = (change === 'removed' ? before : after)(object, path)
  const at =
    place === undefined
      ? ''
      : ` (${formatPlace({ file: place.file, ...(place.line === undefined ? {} : { line: place.line }) })})`
  return `${policyName(object)} ${change}${path === '' ? '' : `: ${path}`}${at}`
}
