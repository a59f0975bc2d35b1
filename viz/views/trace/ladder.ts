import { svg, type TemplateResult } from 'lit'
import { fitText } from '../../layout/index.ts'
import type { Moment } from './moments.ts'

/** Of the pane beside the map; more lifelines than fit make the picture wider. */
const WIDTH = 334
const LEAST_LANE = 74
const ROW = 26
const TOP = 34

/** What is worth a row: what changes the packet, decides about it, or moves it. */
const TOLD = new Set(['nat', 'encap', 'decap', 'drop', 'reject', 'deliver', 'originate', 'statistic', 'mark'])

interface Row {
  readonly moment: Moment
  readonly from: number
  readonly to: number
  readonly text: string
}

export interface Ladder {
  readonly lanes: readonly string[]
  readonly rows: readonly Row[]
  readonly width: number
  readonly height: number
}

/** Lifelines in the order in which the packet meets them; an arrow for each change of machine, a note for what happens in one. */
export function ladderOf(moments: readonly Moment[]): Ladder {
  const lanes = [...new Set(moments.map(({ hop }) => hop.namespace))]
  const rows: Row[] = []
  for (const [at, moment] of moments.entries()) {
    const lane = lanes.indexOf(moment.hop.namespace)
    const before = moments[at - 1]
    if (before !== undefined && before.hop !== moment.hop && before.hop.namespace !== moment.hop.namespace) {
      const { packet } = before
      rows.push({
        moment,
        from: lanes.indexOf(before.hop.namespace),
        to: lane,
        text: `${packet.inner === undefined || packet.icmp !== undefined ? '' : 'tunnel: '}${packet.protocol}${packet.dport === undefined ? '' : ` :${packet.dport}`}${packet.flags === undefined ? '' : ` [${packet.flags}]`}`,
      })
    }
    if (TOLD.has(moment.step.type))
      rows.push({ moment, from: lane, to: lane, text: `${moment.label} ${noteText(moment)}` })
  }
  return { lanes, rows, width: Math.max(WIDTH, lanes.length * LEAST_LANE + 10), height: TOP + rows.length * ROW + 16 }
}

function noteText({ step, text, packet }: Moment): string {
  if (step.type === 'originate')
    return `${packet.protocol} to ${packet.dst}${packet.dport === undefined ? '' : `:${packet.dport}`}`
  if (step.type === 'encap') return String(step.detail.dev)
  if (step.type === 'decap') return String(step.detail.dev)
  if (step.type === 'statistic') return text.split('  ')[0] ?? text
  return text.replace(/^✔ /, '')
}

export function drawLadder(ladder: Ladder, current: number): TemplateResult {
  const { lanes, rows, width, height } = ladder
  const spacing = (width - 10) / Math.max(1, lanes.length)
  const x = (lane: number) => 5 + spacing / 2 + lane * spacing
  const reached = rows.reduce((last, row, at) => (row.moment.at <= current ? at : last), -1)
  return svg`
    ${lanes.map(
      (name, lane) => svg`<g class="lane"><line x1=${x(lane)} x2=${x(lane)} y1=${TOP - 8} y2=${height - 6} />
        <text x=${x(lane)} y="16" text-anchor="middle"><title>${name}</title>${fitText(name.replace(/^.*\//, ''), Math.floor(spacing / 7), 'middle')}</text></g>`,
    )}
    ${rows.map(({ moment, from, to, text }, at) => {
      const y = TOP + at * ROW + 14
      const state = `${at === reached ? ' current' : ''}${at > reached ? ' later' : ''} ${moment.tone}`
      const tip = to > from ? -6 : 6
      return svg`<g class=${`row${state}`} data-at=${moment.at}>
        <rect class="hit" x="0" y=${y - ROW + 8} width=${width} height=${ROW} />
        ${
          from === to
            ? noteShape(x(from), y, text, width)
            : svg`<line class=${`arrow ${moment.way}`} x1=${x(from)} x2=${x(to) + tip} y1=${y} y2=${y} />
              <path class="head" d=${`M${x(to)},${y} l${tip * 1.4},-4 v8 z`} />
              <text x=${(x(from) + x(to)) / 2} y=${y - 4} text-anchor="middle">${fitText(text, 26)}</text>`
        }</g>`
    })}
    `
}

function noteShape(x: number, y: number, text: string, width: number): TemplateResult {
  const left = x + 8
  const toRight = width - left > 130
  const room = Math.floor((toRight ? width - left : x - 12) / 7.1)
  return svg`<circle class="dot" cx=${x} cy=${y - 4} r="4" />
    <text x=${toRight ? left : x - 8} y=${y} text-anchor=${toRight ? 'start' : 'end'}><title>${text}</title>${fitText(text, room)}</text>`
}
