import type { Hop, Journey, Trace } from '../trace/index.ts'
import { branchLines, percent } from './branch-lines.ts'
import { hopLines } from './hop-lines.ts'
import { printable } from './printable.ts'
import type { StepLine } from './step-line.ts'
import { paint, type Style, symbols } from './style.ts'
import { connectionLine, verdictLines, verdictWord } from './verdict-lines.ts'

export interface TextOptions {
  readonly style: Style
  /** −1: the verdict and its reason only; 0: decisions; 1: also misses; 2: also frames. */
  readonly verbosity: number
}

const LABEL_WIDTH = 12

/** A trace for reading: one line for each decision, hop by hop, there and back. */
export function renderTrace(trace: Trace, options: TextOptions): string {
  const { style, verbosity } = options
  const lines = [heading(trace, style)]
  if (verbosity >= 0) {
    lines.push('', ...journeyLines(trace.hops, options))
    if (trace.reply !== undefined) lines.push('', ...replyLines(trace.reply, options))
    if (trace.connection !== undefined) {
      const then = printable(connectionLine(trace.connection, trace.client.result))
      lines.push('', `${paint('then', 'bold', style)}  ${then}`)
    }
    lines.push('')
  }
  for (const assumption of trace.assumptions) lines.push(`assumed: ${printable(assumption)}`)
  if (trace.branches !== undefined) {
    const complete = !trace.assumptions.some(text => text.startsWith('only the first '))
    lines.push(...branchLines(trace.branches, complete, style), '')
  }
  lines.push(...verdictLines(trace, style))
  return `${lines.map(line => symbols(line, style).trimEnd()).join('\n')}\n`
}

function heading(trace: Trace, style: Style): string {
  const { from, to, protocol, port } = trace.query
  const nodes = new Set(trace.hops.flatMap(hop => hop.node ?? [])).size
  const parts = [
    plural(nodes, 'node'),
    plural(trace.stats.hops, 'hop'),
    plural(trace.stats.rules, 'rule'),
    ...(trace.branches === undefined && trace.probability.denominator !== 1 ? [`p ${percent(trace.probability)}`] : []),
    `seed ${trace.seed}`,
  ]
  const target = `${to}${/:[^/\]]*$/.test(to) || port === undefined ? '' : `:${port}`}`
  const what = paint(`TRACE  ${printable(from)} → ${printable(target)} (${protocol})`, 'bold', style)
  return `${what}   ${verdictWord(trace, style)}   ${parts.join(' · ')}`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function journeyLines(hops: readonly Hop[], options: TextOptions): string[] {
  const { style, verbosity } = options
  return hops.flatMap((hop, i) => {
    const next = hops[i + 1]
    const lines = [`● ${paint(hopName(hop), 'bold', style)}`]
    for (const line of hopLines(hop.steps, verbosity)) lines.push(format(line, style))
    if (next !== undefined) lines.push(linkLine(hop, next))
    return lines
  })
}

function hopName(hop: Hop): string {
  if (hop.kind === 'pod') return printable(`pod ${hop.namespace}${hop.node === undefined ? '' : ` (${hop.node})`}`)
  return printable(hop.kind === hop.namespace ? hop.namespace : `${hop.kind} ${hop.namespace}`)
}

/** How the packet gets from one namespace to the next: a veth pair, the wire between machines, or a program that goes on by itself. */
function linkLine(hop: Hop, next: Hop): string {
  if (next.inDev === undefined) {
    const opened = hop.kind === 'pod' || hop.steps.some(step => step.type === 'proxy')
    return `├─ ${opened ? 'a connection of its own' : 'copied to the other connection'}`
  }
  const kind = hop.kind === 'pod' || next.kind === 'pod' ? 'veth' : 'wire'
  return printable(`├─ ${kind}  ${hop.outDev ?? '?'} ⇒ ${next.inDev ?? '?'} of ${next.namespace}`)
}

function format(line: StepLine, style: Style): string {
  const indent = line.depth === 0 ? '' : `${'  '.repeat(line.depth - 1)}└ `
  const body = printable(line.text)
  const bar = line.outer === true ? paint('┊ ', 'dim', style) : ''
  return `  ${bar}${line.label.padEnd(LABEL_WIDTH)}${indent}${painted(body, line.tone, style)}`
}

function painted(body: string, tone: StepLine['tone'], style: Style): string {
  switch (tone) {
    case 'good':
      return paint(body, 'green', style)
    case 'bad':
      return paint(body, 'red', style)
    case 'change':
      return paint(body, 'bold', style)
    case 'quiet':
      return paint(body, 'dim', style)
    case undefined:
      return body
  }
}

function replyLines(reply: Journey, options: TextOptions): string[] {
  const [first] = reply.hops
  const packet = first === undefined ? '' : printable(first.packetIn.summary)
  return [`◀ ${paint('reply', 'bold', options.style)}  ${packet}`, ...journeyLines(reply.hops, options)]
}
