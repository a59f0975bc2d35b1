import { formatPlace } from '../../errors.ts'
import type { Checked } from './finding.ts'

/** A comment for a pull request. */
export function findingsMarkdown(title: string, checked: readonly Checked[]): string {
  const bad = checked.flatMap(one => one.finding ?? [])
  const lines = [
    `### ${title}: ${bad.length === 0 ? 'all well' : `${bad.length} of ${checked.length} not as expected`}`,
    '',
  ]
  for (const { rule, name, message, place, detail } of bad) {
    lines.push(
      `- ❌ **${text(name)}** (\`${rule}\`${place === undefined ? '' : `, \`${formatPlace(place)}\``}): ${text(message)}`,
    )
    if (detail !== undefined)
      lines.push(
        '',
        '  <details><summary>why</summary>',
        '',
        '  ```',
        ...detail.split('\n').map(line => `  ${line}`),
        '  ```',
        '',
        '  </details>',
      )
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function text(raw: string): string {
  return raw.replaceAll('<', '&lt;').replaceAll('|', '\\|')
}
