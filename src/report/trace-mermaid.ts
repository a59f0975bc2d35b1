import type { Hop, Step, Trace } from '../trace/index.ts'
import { changesText, detail } from './detail.ts'
import { printable } from './printable.ts'
import { isGood } from './verdict-lines.ts'

/** The trace as a Mermaid sequence diagram: one lifeline for each namespace, what was decided as notes, the reply dotted. */
export function traceToMermaid(trace: Trace): string {
  const names = [...new Set([...trace.hops, ...(trace.reply?.hops ?? [])].map(hop => hop.namespace))]
  const ids = new Map(names.map((name, i) => [name, `n${i + 1}`]))
  const lines = ['sequenceDiagram', ...names.map(name => `  participant ${ids.get(name)} as ${escaped(name)}`)]
  lines.push(...journeyLines(trace.hops, ids, '->>'))
  if (trace.reply !== undefined) lines.push(...journeyLines(trace.reply.hops, ids, '-->>'))
  const end = ids.get(trace.hops.at(-1)?.namespace ?? '')
  if (end !== undefined) lines.push(`  Note over ${end}: ${escaped(verdict(trace))}`)
  return `${lines.join('\n')}\n`
}

function journeyLines(hops: readonly Hop[], ids: ReadonlyMap<string, string>, arrow: string): string[] {
  return hops.flatMap((hop, i) => {
    const id = ids.get(hop.namespace)
    const next = hops[i + 1]
    const notes = hop.steps.flatMap(step => noteOf(step) ?? []).map(note => `  Note over ${id}: ${escaped(note)}`)
    // A program that goes on over a connection of its own sends another packet: the next hop tells of it.
    if (next === undefined || next.inDev === undefined) return notes
    return [...notes, `  ${id}${arrow}${ids.get(next.namespace)}: ${escaped(hop.packetOut.summary)}`]
  })
}

function noteOf(step: Step): string | undefined {
  if (step.type === 'nat' || step.type === 'mark') return changesText(step)
  if (step.outer === true) return undefined
  switch (step.type) {
    case 'encap':
      return `encapsulated: ${detail(step, 'outer')}`
    case 'deliver':
      return `delivered: ${detail(step, 'what')}`
    case 'proxy':
      return step.action === 'connect'
        ? `${detail(step, 'program')} connects to ${detail(step, 'endpoint')} itself`
        : `${detail(step, 'program')} has no endpoint`
    case 'drop':
      return `dropped: ${step.action.replaceAll('_', ' ')}`
    default:
      return undefined
  }
}

function verdict({ disposition, reason, client }: Trace): string {
  return isGood({ disposition })
    ? disposition
    : `${disposition}: ${reason.because ?? reason.message}; the client sees ${client.result}`
}

/** Mermaid ends a statement at a semicolon and reads # as the start of a character's number. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll('#', '#35;')
    .replaceAll(/;(?<!#35;)/g, '#59;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;')
}
