/** Who stands behind a row or column, from the largest group to the smallest: a pod of a workload of a namespace. */
export interface MatrixItem {
  readonly namespace: string
  /** `NAMESPACE/deploy/web`; that of a lone pod is its own. */
  readonly workload: string
  readonly name: string
}

/** A row or column as it is drawn: one item, or several that are folded into one. */
export interface MatrixLine {
  /** Names it for good: `ns:default`, `wl:default/deploy/web`, `pod:default/web-1`. */
  readonly key: string
  readonly label: string
  readonly kind: 'namespace' | 'workload' | 'pod'
  readonly namespace: string
  /** Places of its items in the list given. */
  readonly members: readonly number[]
}

/** Lines of one namespace, next to one another. */
export interface MatrixBand {
  readonly namespace: string
  readonly from: number
  readonly count: number
  readonly folded: boolean
}

export interface MatrixLines {
  readonly lines: readonly MatrixLine[]
  readonly bands: readonly MatrixBand[]
}

/** Keys of what is folded: `ns:NAMESPACE` or `wl:WORKLOAD`. */
export type Folds = ReadonlySet<string>

/**
 * Rows or columns in order: by namespace, workload and name, the outside (no namespace) last. A folded namespace or workload is one line;
 * names of pods and workloads are told without their namespace, which stands beside the band.
 */
export function matrixLines(items: readonly MatrixItem[], folds: Folds): MatrixLines {
  const order = items.map((_, i) => i).sort((a, b) => compareItems(items[a], items[b]))
  const lines: (MatrixLine & { members: number[] })[] = []
  for (const place of order) {
    const item = items[place] as MatrixItem // `order` holds places of `items`
    const head = headOf(item, folds)
    const last = lines.at(-1)
    if (last !== undefined && last.key === head.key) last.members.push(place)
    else lines.push({ ...head, namespace: item.namespace, members: [place] })
  }
  return { lines, bands: bandsOf(lines, folds) }
}

function headOf(item: MatrixItem, folds: Folds): Pick<MatrixLine, 'key' | 'label' | 'kind'> {
  const namespace = `ns:${item.namespace}`
  if (item.namespace !== '' && folds.has(namespace)) return { key: namespace, label: item.namespace, kind: 'namespace' }
  const workload = `wl:${item.workload}`
  if (folds.has(workload)) return { key: workload, label: within(item.namespace, item.workload), kind: 'workload' }
  return { key: `pod:${item.name}`, label: within(item.namespace, item.name), kind: 'pod' }
}

function within(namespace: string, name: string): string {
  return namespace !== '' && name.startsWith(`${namespace}/`) ? name.slice(namespace.length + 1) : name
}

function bandsOf(lines: readonly MatrixLine[], folds: Folds): MatrixBand[] {
  const bands: (MatrixBand & { count: number })[] = []
  for (const [at, { namespace }] of lines.entries()) {
    const last = bands.at(-1)
    if (last !== undefined && last.namespace === namespace) last.count++
    else bands.push({ namespace, from: at, count: 1, folded: namespace !== '' && folds.has(`ns:${namespace}`) })
  }
  return bands
}

function compareItems(a: MatrixItem | undefined, b: MatrixItem | undefined): number {
  if (a === undefined || b === undefined) return 0
  if ((a.namespace === '') !== (b.namespace === '')) return a.namespace === '' ? 1 : -1
  return compare(a.namespace, b.namespace) || compare(a.workload, b.workload) || compare(a.name, b.name)
}

/** By code units, so that the order is the same in every place and language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
