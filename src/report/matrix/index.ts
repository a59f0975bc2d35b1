import type { ReachMatrix } from '../../probe/index.ts'
import { matrixCsv } from './matrix-csv.ts'
import { matrixDot } from './matrix-dot.ts'
import { matrixHtml } from './matrix-html.ts'
import { matrixJson } from './matrix-json.ts'
import { matrixMarkdown } from './matrix-markdown.ts'
import { matrixSvg } from './matrix-svg.ts'
import { matrixText } from './matrix-text.ts'

/** The forms in which a matrix is written; each yields its text piece by piece. */
export const MATRIX_FORMATS = {
  text: matrixText,
  json: matrixJson,
  csv: matrixCsv,
  md: matrixMarkdown,
  dot: matrixDot,
  svg: matrixSvg,
  html: matrixHtml,
} as const satisfies Readonly<Record<string, (matrix: ReachMatrix) => IterableIterator<string>>>

export type MatrixFormat = keyof typeof MATRIX_FORMATS
