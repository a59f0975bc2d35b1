import { KubehopError } from '../errors.ts'
import type { XtablesTrace } from '../report/index.ts'

/** The lines of one node, or those of all under headings. Throws KH_ENDPOINT when the packets met no rules of `node`. */
export function xtablesText(traces: readonly XtablesTrace[], node?: string): string {
  if (node === undefined)
    return traces.flatMap(({ namespace, lines }) => [`# ${namespace}`, ...lines].map(line => `${line}\n`)).join('')
  const found = traces.find(({ namespace }) => namespace === node)
  if (found === undefined) {
    const names = traces.map(({ namespace }) => namespace).join(', ')
    throw new KubehopError(
      'KH_ENDPOINT',
      `--node ${node}: the packets met rules of ${names === '' ? 'no node' : names}`,
    )
  }
  return `${found.lines.join('\n')}\n`
}
