import { printableLines } from '../../../report/index.ts'
import type { Difference } from '../experiment.ts'
import type { KernelReport } from './trace-in-kernel.ts'

/** Lines of one difference that are shown. */
const MANY = 24

/** What the kernel did, as text behind a trace. `quiet`: the verdict only. */
export function kernelText(report: KernelReport, quiet = false): string {
  const { agreed, differences, compared, pods, nodes } = report
  const head = `KERNEL  Linux ${report.release}: ${agreed ? 'agrees' : `differs in ${count(differences.length, 'place')}`}`
  if (quiet && agreed) return `${head}\n`
  const lines = [
    `${head} (${count(nodes.length, 'node')}, ${count(pods, 'pod')} in network namespaces of their own)`,
    `  client     ${report.client.kernel}`,
    ...(agreed
      ? [
          `  compared   ${count(compared.frames, 'frame')} at ${count(compared.devices, 'device')} in order, ${count(compared.rules, 'rule counter')},`,
          `             ${count(compared.conntrack, 'conntrack entry')}, ${count(compared.neighbours, 'neighbour')}, ${count(compared.fdb, 'FDB entry')}`,
        ]
      : ['  - kernel, + simulator', ...differences.flatMap(differenceLines)]),
    ...report.pinned
      .filter(({ chosen }) => !chosen.startsWith('not '))
      .map(({ namespace, rule, chosen }) => `  drawn      ${namespace} ${rule}: ${chosen} (pinned in both)`),
    `  left out   ${report.notCompared.join('; ')}`,
  ]
  return printableLines(`${lines.join('\n')}\n`)
}

function differenceLines({ what, kernel, simulated }: Difference): string[] {
  const lost = minus(kernel, simulated)
  const added = minus(simulated, kernel)
  const order = lost.length + added.length === 0
  const lines = order ? kernel.map(line => `    - ${line}`).concat(simulated.map(line => `    + ${line}`)) : []
  const shown = [...lines, ...lost.map(line => `    - ${line}`), ...added.map(line => `    + ${line}`)]
  const more = shown.length - MANY
  return [
    `  ${what}${order ? ' (the order)' : ''}`,
    ...shown.slice(0, MANY),
    ...(more > 0 ? [`    … ${more} more lines, in -o json`] : []),
  ]
}

function minus(one: readonly string[], other: readonly string[]): string[] {
  const left = [...other]
  return one.filter(line => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function count(number: number, what: string): string {
  return `${number} ${number === 1 ? what : what.replace(/y$/, 'ie')}${number === 1 ? '' : 's'}`
}
