import { formatPlace } from '../../errors.ts'
import { escapeXml } from '../matrix/escape-xml.ts'
import type { Checked } from './finding.ts'

/** JUnit XML: one test case for each thing that was looked at. */
export function junitXml(suite: string, checked: readonly Checked[]): string {
  const failures = checked.filter(one => one.finding !== undefined).length
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${checked.length}" failures="${failures}">`,
    `  <testsuite name="${escapeXml(suite)}" tests="${checked.length}" failures="${failures}">`,
  ]
  for (const { name, finding } of checked) {
    if (finding === undefined) lines.push(`    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}"/>`)
    else {
      const where = finding.place === undefined ? '' : `${formatPlace(finding.place)}\n`
      lines.push(`    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}">`)
      lines.push(
        `      <failure type="${escapeXml(finding.rule)}" message="${escapeXml(finding.message)}">${escapeXml(`${where}${finding.detail ?? ''}`)}</failure>`,
      )
      lines.push('    </testcase>')
    }
  }
  return `${[...lines, '  </testsuite>', '</testsuites>'].join('\n')}\n`
}
