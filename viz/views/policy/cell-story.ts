import type { OperationInput } from '../../engine/engine.ts'
import { type CodeGrid, countPairs, type MatrixLine, VERDICT_CODES } from '../../layout/index.ts'
import { connectionText, facetOf, type MatrixModel } from './matrix-model.ts'
import { verdictWord } from './verdict-word.ts'

/** One line for a cell: who, whom, the verdict, and which connections or how many pairs. */
export function cellStory(
  model: MatrixModel,
  folded: CodeGrid,
  row: MatrixLine,
  column: MatrixLine,
  code: number,
): string {
  const head = `${fullName(row)} → ${fullName(column)}: ${verdictWord(code)}`
  const [from, to] = [row.members[0], column.members[0]]
  if (row.members.length === 1 && column.members.length === 1 && from !== undefined && to !== undefined) {
    const text = code === VERDICT_CODES.some ? connectionText(model, from, to) : undefined
    return text === undefined ? head : `${head}, ${text}`
  }
  const { allowed, denied, some } = countPairs(model.grid, row, column)
  const all = allowed + denied + some
  const partly = some === 0 ? '' : `, ${some} partly`
  return folded.rows === 0 || all === 0 ? head : `${head} (${allowed} of ${all} pairs allowed${partly})`
}

/** A line with its namespace, as the command line names it. */
export function fullName({ kind, label, namespace, key }: MatrixLine): string {
  if (namespace === '') return label
  return kind === 'namespace' ? `namespace ${label}` : key.slice(key.indexOf(':') + 1)
}

const ANY_PORT = { proto: 'tcp' as const, port: 80 }

/** A question for one pair; `anyPort`: its port is only an example. */
export interface PairToExplain {
  readonly query: Pick<OperationInput<'why'>, 'from' | 'to' | 'proto' | 'port'>
  readonly anyPort: boolean
}

/**
 * What to ask for a cell: a pair of its that is denied, else partly allowed, else any. Undefined where the matrix is of groups of pods that
 * the engine does not name, or where there is no pair.
 */
export function pairToExplain(
  model: MatrixModel,
  row: MatrixLine,
  column: MatrixLine,
  ports: string,
): PairToExplain | undefined {
  if (model.by !== 'pod') return undefined
  const wanted = [VERDICT_CODES.denied, VERDICT_CODES.some, VERDICT_CODES.allowed]
  for (const code of wanted) {
    for (const from of row.members) {
      for (const to of column.members) {
        if (model.grid.codes[from * model.grid.columns + to] !== code) continue
        const [source, destination] = [model.rows[from]?.name, model.columns[to]?.name]
        if (source === undefined || destination === undefined) continue
        const named = portOf(model, from, to, ports)
        const outside = model.columns[to]?.namespace === ''
        const query = { from: source, to: destination, ...(named?.port === undefined ? ANY_PORT : named) }
        return { query, anyPort: named?.port === undefined && !outside }
      }
    }
  }
  return undefined
}

/** The chosen port, else one that the connections of the pair name, else any: where all are alike, each tells the same. */
function portOf(model: MatrixModel, from: number, to: number, ports: string): ReturnType<typeof facetOf> {
  const [, protocol = '', port] = /\b(TCP|UDP|SCTP) (\d+)/.exec(connectionText(model, from, to) ?? '') ?? []
  return facetOf(ports) ?? (port === undefined || port === '1' ? undefined : facetOf(`${protocol}/${port}`))
}
