import { type Element, formatData, formatKey } from '../sets/element.ts'
import type { NftSet, SetSpec } from '../sets/nft-set.ts'
import { sortElements } from '../text/parse-elements.ts'
import { formatTime } from '../types/time.ts'

/** `set NAME { … }` as `nft list` prints it, one tab deep. */
export function listSet(set: NftSet, now: number): string[] {
  const { spec } = set
  const lines = [`\t${spec.kind} ${set.name} {`, `\t\t${declaration(spec)}`]
  if (spec.policyMemory) lines.push('\t\tpolicy memory')
  if (spec.size > 0) lines.push(`\t\tsize ${spec.size}`)
  const flags = flagWords(spec)
  if (flags.length > 0) lines.push(`\t\tflags ${flags.join(',')}`)
  if (spec.counter) lines.push('\t\tcounter')
  if (spec.autoMerge) lines.push('\t\tauto-merge')
  if (spec.timeout !== 0) lines.push(`\t\ttimeout ${formatTime(spec.timeout)}`)
  if (spec.gcInterval !== 0) lines.push(`\t\tgc-interval ${formatTime(spec.gcInterval)}`)
  if (spec.comment !== null) lines.push(`\t\tcomment "${spec.comment}"`)
  const elements = sortElements(set.store.values(), spec.interval).filter(
    ({ expires }) => expires === 0 || expires > now,
  )
  if (elements.length > 0) lines.push(...elementLines(spec, elements, now))
  return [...lines, '\t}']
}

function declaration(spec: SetSpec): string {
  const data = spec.dataText === null ? '' : ` : ${spec.dataText}`
  return spec.typeofText === null
    ? `type ${spec.types.map(type => type.name).join(' . ')}${data}`
    : `typeof ${spec.typeofText}${data}`
}

function flagWords(spec: SetSpec): string[] {
  const words: string[] = []
  if (spec.constant) words.push('constant')
  if (spec.interval) words.push('interval')
  if (spec.dynamic) words.push('dynamic')
  if (spec.timeouts) words.push('timeout')
  return words
}

function elementLines(spec: SetSpec, elements: readonly Element[], now: number): string[] {
  const perLine = spec.types.length === 1 ? (spec.types[0]?.perLine ?? 1) : 1
  const texts = elements.map(element => elementText(spec, element, now))
  const rows: string[] = []
  for (let i = 0; i < texts.length; i += perLine) rows.push(texts.slice(i, i + perLine).join(', '))
  const indent = '\t\t\t     '
  return `\t\telements = { ${rows.join(`,\n${indent}`)} }`.split('\n')
}

/** One element as `nft list` prints it, without the comma. */
export function elementText(spec: SetSpec, element: Element, now: number): string {
  const { timeout, expires, comment, counter, data } = element
  let text = formatKey(element.key)
  if (counter !== null && spec.counter) text += ` counter packets ${counter.packets} bytes ${counter.bytes}`
  if (timeout !== 0 && timeout !== spec.timeout) text += ` timeout ${formatTime(timeout)}`
  if (expires !== 0) text += ` expires ${formatTime(expires - now)}`
  if (comment !== null) text += ` comment "${comment}"`
  if (data !== null) text += ` : ${formatData(data)}`
  return text
}
