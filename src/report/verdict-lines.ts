import type { Connection, Journey, Trace } from '../trace/index.ts'
import { printable } from './printable.ts'
import { paint, type Style } from './style.ts'

/** Whether the answer to "does it get there" is yes. */
export function isGood(journey: Pick<Journey, 'disposition'>): boolean {
  return journey.disposition === 'DELIVERED' || journey.disposition === 'EXITS_CLUSTER'
}

export function verdictWord(journey: Pick<Journey, 'disposition'>, style: Style): string {
  return paint(journey.disposition, isGood(journey) ? 'green' : 'red', style)
}

/** The end of a trace. A drop ends with exactly three lines: by whom, because of what, and what would let it pass. */
export function verdictLines(trace: Trace, style: Style): string[] {
  const { reason, client } = trace
  const took = client.time > 0 ? ` after ${(client.time / 1e6).toFixed(3)} s` : ''
  if (isGood(trace)) {
    const word = paint(`✔ ${trace.disposition}`, 'green', style)
    return [`${word} ${printable(reason.message)}`, `  the client sees ${client.result}${took}`]
  }
  const word = paint(`✘ ${trace.disposition}`, 'red', style)
  return [
    `${word}: the client sees ${client.result}${took}`,
    `  DROPPED by    ${printable(reason.droppedBy ?? reason.message)}`,
    `  because       ${printable(reason.because ?? reason.message)}`,
    `  would pass if ${printable(reason.wouldPassIf ?? 'nothing is known')}`,
  ]
}

/** `7 more packets: 2 with data, FIN from both sides; the client sees ok`. */
export function connectionLine(connection: Connection, result: string): string {
  const { packets, data, fin, rst, retransmitted } = connection
  const parts = [
    retransmitted === 0 ? '' : `${retransmitted} sent again`,
    data === 0 ? '' : `${data} with data`,
    fin === 0 ? '' : `FIN from ${fin === 1 ? 'one side' : 'both sides'}`,
    rst === 0 ? '' : 'RST',
  ].filter(part => part !== '')
  const what = parts.length === 0 ? '' : `: ${parts.join(', ')}`
  return `${packets} more packet${packets === 1 ? '' : 's'}${what}; the client sees ${result}`
}
