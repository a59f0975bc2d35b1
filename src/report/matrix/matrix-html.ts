import type { ReachMatrix } from '../../probe/index.ts'
import { escapeXml } from './escape-xml.ts'
import { CELL_SIGNS } from './matrix-text.ts'

const STYLE = `body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}th,td{border:1px solid #ccc;padding:2px 6px}
thead th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left}tbody th{text-align:right;white-space:nowrap}td{text-align:center}
.allowed{background:#c8e6c9}.denied{background:#ffcdd2}.some{background:#fff59d}.self{background:#eee}`

/** A page of its own with the grid as a table; needs no script. */
export function* matrixHtml(matrix: ReachMatrix): IterableIterator<string> {
  const title = `Reachability, ${escapeXml(matrix.subject)}`
  yield `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style>\n`
  yield `<h1>${title}</h1><p>Rows open connections to columns. . allowed, X denied, + some, - itself.</p>\n<table><thead><tr><td></td>`
  for (const destination of matrix.destinations) yield `<th scope="col">${escapeXml(destination.name)}</th>`
  yield '</tr></thead><tbody>\n'
  for (const { source, cells } of matrix.rows()) {
    yield `<tr><th scope="row">${escapeXml(source.name)}</th>`
    for (const cell of cells) {
      yield `<td class="${cell.verdict}" title="${escapeXml(cell.any)}">${cell.verdict === 'some' ? escapeXml(cell.any) : CELL_SIGNS[cell.verdict]}</td>`
    }
    yield '</tr>\n'
  }
  yield '</tbody></table></html>\n'
}
