import { formatPlace } from '../../errors.ts'
import { printable } from '../printable.ts'
import type { Checked } from './finding.ts'

/** `file:line:column: level: message [rule]`, and the details indented. */
export function findingsText(checked: readonly Checked[], quiet: boolean): string {
  let text = ''
  for (const { name, finding } of checked) {
    if (finding === undefined) {
      if (!quiet) text += `ok      ${printable(name)}\n`
      continue
    }
    const place = finding.place === undefined ? '' : `${formatPlace(finding.place)}: `
    text += `${printable(`${place}${finding.level}: ${finding.message}`)} [${finding.rule}]\n`
    if (finding.detail === undefined || quiet) continue
    for (const line of finding.detail.trimEnd().split('\n')) text += line === '' ? '\n' : `    ${printable(line)}\n`
  }
  return text
}
