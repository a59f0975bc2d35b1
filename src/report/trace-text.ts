import type { Branch, Fraction, Hop, Journey, Trace } from '../trace/index.ts'
import { type StepLine, stepLines } from './step-lines.ts'
import { paint, printable, type Style, symbols } from './style.ts'

export interface TextOptions {
  readonly style: Style
  /** −1: the verdict and its reason only; 0: decisions; 1: also misses; 2: also frames. */
  readonly verbosity: number
}

const LABEL_WIDTH = 11

/** A trace for reading: one line for each decision, hop by hop, there and back. */
export function renderTrace(trace: Trace, options: TextOptions): string {
  const { style, verbosity } = options
  const lines = [heading(trace, style)]
  if (verbosity >= 0) {
    lines.push('', ...hopLines(trace.hops, options))
    if (trace.reply !== undefined) lines.push('', ...replyLines(trace.reply, options))
    lines.push('')
  }
  lines.push(...verdictLines(trace, style))
  if (trace.branches !== undefined) lines.push('', ...branchLines(trace.branches, style))
  for (const assumption of trace.assumptions) lines.push(`assumed: ${printable(assumption)}`)
  return `${lines.map(line => symbols(line, style).trimEnd()).join('\n')}\n`
}

function heading(trace: Trace, style: Style): string {
  const { from, to, protocol } = trace.query
  const parts = [
    `${trace.stats.hops} hops`,
    `${trace.stats.rules} rules`,
    `seed ${trace.seed}`,
    ...(trace.branches === undefined ? [] : [`${trace.branches.length} branches`]),
  ]
  const target = `${to}${/:[^/\]]*$/.test(to) || trace.query.port === undefined ? '' : `:${trace.query.port}`}`
  return `${paint(`TRACE  ${printable(from)} → ${printable(target)} (${protocol})`, 'bold', style)}   ${verdictWord(trace, style)}   ${parts.join(' · ')}`
}

function verdictWord(journey: Pick<Journey, 'disposition'>, style: Style): string {
  return paint(journey.disposition, isGood(journey) ? 'green' : 'red', style)
}

/** Whether the answer to "does it get there" is yes. */
export function isGood(journey: Pick<Journey, 'disposition'>): boolean {
  return journey.disposition === 'DELIVERED' || journey.disposition === 'EXITS_CLUSTER'
}

function hopLines(hops: readonly Hop[], options: TextOptions): string[] {
  const { style, verbosity } = options
  return hops.flatMap((hop, i) => {
    const next = hops[i + 1]
    const lines = [`● ${paint(hopName(hop), 'bold', style)}${hop.inDev === undefined ? '' : `  in ${hop.inDev}`}`]
    for (const line of stepLines(hop.steps, verbosity)) lines.push(format(line, style))
    if (next !== undefined) lines.push(`├─ ${hop.outDev ?? '?'} ⇒ ${printable(next.namespace)} ${next.inDev ?? ''}`)
    return lines
  })
}

function hopName(hop: Hop): string {
  if (hop.kind === 'pod') return printable(`pod ${hop.namespace}${hop.node === undefined ? '' : ` (${hop.node})`}`)
  return printable(hop.kind === hop.namespace ? hop.namespace : `${hop.kind} ${hop.namespace}`)
}

function format(line: StepLine, style: Style): string {
  const indent = line.depth === 0 ? '' : `${'  '.repeat(line.depth - 1)}└ `
  const body = printable(line.text)
  const label = line.label.trim().padEnd(LABEL_WIDTH)
  const painted =
    line.tone === 'good'
      ? paint(body, 'green', style)
      : line.tone === 'bad'
        ? paint(body, 'red', style)
        : line.tone === 'change'
          ? paint(body, 'bold', style)
          : line.tone === 'quiet'
            ? paint(body, 'dim', style)
            : body
  return `  ${label}${indent}${painted}`
}

function replyLines(reply: Journey, options: TextOptions): string[] {
  const [first] = reply.hops
  const packet = first === undefined ? '' : printable(first.packetIn.summary)
  return [`◀ ${paint('reply', 'bold', options.style)}  ${packet}`, ...hopLines(reply.hops, options)]
}

function verdictLines(trace: Trace, style: Style): string[] {
  const good = isGood(trace)
  const { reason, client } = trace
  const word = paint(`${good ? '✔' : '✘'} ${trace.disposition}`, good ? 'green' : 'red', style)
  const lines = [`${word}  ${printable(reason.message)}`]
  if (reason.rule !== undefined) lines.push(`  because      ${printable(reason.rule)}`)
  if (reason.wouldPassIf !== undefined && !good) lines.push(`  would pass if ${printable(reason.wouldPassIf)}`)
  if (client.result !== 'ok') lines.push(`  the client sees ${client.result} after ${(client.time / 1e6).toFixed(3)} s`)
  return lines
}

function branchLines(branches: readonly Branch[], style: Style): string[] {
  return [
    paint(`${branches.length} branches, probabilities sum to 1`, 'bold', style),
    ...branches.map(branch => {
      const end = branch.trace.hops.at(-1)
      const where = end === undefined ? '' : `  ${printable(end.namespace)}`
      return `  ${percent(branch.probability).padStart(8)}  ${fractionText(branch.probability)}  ${verdictWord(branch.trace, style)}${where}`
    }),
  ]
}

export function fractionText({ numerator, denominator }: Fraction): string {
  return `${numerator}/${denominator}`
}

function percent({ numerator, denominator }: Fraction): string {
  return `${((Number(numerator) / Number(denominator)) * 100).toFixed(2)} %`
}
