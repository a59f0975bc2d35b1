import type { Resolution } from '../../../src/probe/index.ts'
import type { DrawnQuery } from './draw-ladder.ts'

const MOST_DATA = 3

/** A query of a lookup in the words of the picture. */
export function drawnQuery({ answers, elapsed, ...query }: Resolution['queries'][number]): DrawnQuery {
  const { outcome, truncated, type, by, time } = query
  const data = answers
    .filter(record => record.type === type || answers.every(one => one.type !== type))
    .map(record => record.data)
  const shown = data.slice(0, MOST_DATA).join(' ')
  const more = data.length > MOST_DATA ? ` and ${data.length - MOST_DATA} more` : ''
  const cut = truncated ? ', cut: asked again over TCP' : ''
  const wait = outcome === 'timeout' ? ` after ${(elapsed / 1_000_000).toFixed(1)} s` : ''
  const tone = outcome === 'NOERROR' ? 'ok' : outcome === 'NODATA' ? 'none' : 'no'
  const glyph = { ok: '✔', none: '○', no: '✘' }[tone]
  return {
    seq: query.seq,
    step: query.step,
    name: query.name,
    type,
    server: query.server,
    outcome,
    why: query.why,
    leakedTo: query.leakedTo,
    ...(by === undefined ? {} : { by }),
    time: `${(time / 1_000_000).toFixed(time === 0 ? 0 : 3)} s`,
    answer: `${glyph} ${outcome}${wait}${shown === '' ? '' : ` ${shown}${more}`}${cut}`,
    tone,
  }
}
