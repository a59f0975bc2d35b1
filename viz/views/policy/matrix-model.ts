import type { ObjectList, ReachAnswer } from '../../../src/api/operations/index.ts'
// The file itself: the folder's index would bring the whole engine into the page.
import { workloadOf } from '../../../src/probe/policy/workload-of.ts'
import {
  type CodeGrid,
  type Folds,
  type MatrixItem,
  type MatrixLines,
  matrixLines,
  VERDICT_CODES,
} from '../../layout/index.ts'

/** A matrix of the engine with what stands behind its rows and columns. */
export interface MatrixModel {
  readonly by: ReachAnswer['by']
  readonly subject: string
  readonly rows: readonly MatrixItem[]
  readonly columns: readonly MatrixItem[]
  readonly grid: CodeGrid
  /** What at least one pair of a cell may do, where the engine tells. */
  readonly connections?: ReachAnswer['connections'] | undefined
}

/** How far rows and columns are folded where the user did not say otherwise. */
export type FoldLevel = 'pods' | 'workloads' | 'namespaces'
export const FOLD_LEVELS: readonly FoldLevel[] = ['pods', 'workloads', 'namespaces']

const CODES: Readonly<Record<string, number>> = {
  '=': VERDICT_CODES.self,
  '+': VERDICT_CODES.allowed,
  '-': VERDICT_CODES.denied,
  '~': VERDICT_CODES.some,
}

/** `pods`: the Pod objects of the cluster, for the workloads that they belong to. */
export function matrixModel(answer: ReachAnswer, pods: ObjectList['objects']): MatrixModel {
  const workloads = new Map(
    pods.map(pod => [`${pod.namespace ?? 'default'}/${pod.name}`, workloadOf({ metadata: metadataOf(pod) })]),
  )
  const item = (name: string): MatrixItem => {
    if (name === 'external') return { namespace: '', workload: name, name }
    const [namespace = name] = name.split('/')
    return { namespace, workload: workloads.get(name) ?? name, name }
  }
  const { sources, destinations, rows } = answer
  const codes = new Uint8Array(sources.length * destinations.length)
  for (const [row, signs] of rows.entries()) {
    for (let column = 0; column < destinations.length; column++)
      codes[row * destinations.length + column] = CODES[signs[column] ?? ''] ?? 0
  }
  return {
    by: answer.by,
    subject: answer.subject,
    rows: sources.map(item),
    columns: destinations.map(item),
    grid: { rows: sources.length, columns: destinations.length, codes },
    connections: answer.connections,
  }
}

function metadataOf({ name, namespace, labels, owner }: ObjectList['objects'][number]) {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels,
    ownerReferences: owner === undefined ? [] : [{ ...owner, controller: true }],
  }
}

/**
 * What is folded: at the level of pods the namespaces of the system itself (`kube-…`), at that of workloads also every workload, at that
 * of namespaces everything; `flipped` are the keys that the user turned over.
 */
export function foldsOf(items: readonly MatrixItem[], level: FoldLevel, flipped: ReadonlySet<string>): Folds {
  const folds = new Set<string>()
  for (const { namespace, workload } of items) {
    if (namespace === '') continue
    if (level === 'namespaces' || namespace.startsWith('kube-')) folds.add(`ns:${namespace}`)
    if (level !== 'pods') folds.add(`wl:${workload}`)
  }
  for (const key of flipped) if (!folds.delete(key)) folds.add(key)
  return folds
}

/** Rows and columns as they are drawn. */
export function linesOf(
  { rows, columns }: Pick<MatrixModel, 'rows' | 'columns'>,
  level: FoldLevel,
  flipped: ReadonlySet<string>,
): { readonly rows: MatrixLines; readonly columns: MatrixLines } {
  return {
    rows: matrixLines(rows, foldsOf(rows, level, flipped)),
    columns: matrixLines(columns, foldsOf(columns, level, flipped)),
  }
}

/** What at least one pair of a cell may do: `TCP 5432`; undefined where the engine did not tell. */
export function connectionText({ connections }: MatrixModel, row: number, column: number): string | undefined {
  const index = connections?.rows[row]?.[column]
  return index === undefined ? undefined : connections?.texts[index]
}

/** Ports that connections of the matrix name, the first of a range for it: `TCP/5432`. At most `limit`, by protocol and number. */
export function portFacets({ connections }: Pick<MatrixModel, 'connections'>, limit: number): readonly string[] {
  const found = new Map<string, readonly [string, number]>()
  for (const text of connections?.texts ?? []) {
    for (const [, protocol = '', list = ''] of text.matchAll(/\b(TCP|UDP|SCTP) ([\d,\- ]+)/g)) {
      for (const [, first = ''] of list.matchAll(/(?:^|,)\s*(\d+)/g)) {
        const port = Number(first)
        if (port > 1) found.set(`${protocol}/${port}`, [protocol, port])
      }
    }
  }
  return [...found]
    .sort(([, [a, m]], [, [b, n]]) => (a < b ? -1 : a > b ? 1 : m - n))
    .slice(0, limit)
    .map(([name]) => name)
}

/** A facet as the engine takes it; undefined for what is none. */
export function facetOf(text: string): { readonly proto: 'tcp' | 'udp' | 'sctp'; readonly port?: number } | undefined {
  const [, name = '', number] = /^(tcp|udp|sctp)(?:\/(\d{1,5}))?$/i.exec(text.trim()) ?? []
  const proto = (['tcp', 'udp', 'sctp'] as const).find(one => one === name.toLowerCase())
  const port = Number(number)
  if (proto === undefined) return undefined
  if (number === undefined) return { proto }
  return port >= 1 && port <= 65535 ? { proto, port } : undefined
}
