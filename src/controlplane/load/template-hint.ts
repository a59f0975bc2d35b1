import { KubehopError } from '../../errors.ts'
import type { Source } from './input.ts'

const TEMPLATE =
  /\{\{-?\s*(?:\.|\$|\/\*|if\b|else\b|end\b|range\b|with\b|define\b|include\b|template\b|toYaml\b|block\b)/

/** The error for a Helm template that was not rendered, if the text around `offset` or anywhere looks like one. */
export function templateError(source: Source, offset: number): KubehopError | undefined {
  const lineStart = source.text.lastIndexOf('\n', offset) + 1
  const near = TEMPLATE.exec(source.text.slice(lineStart, offset + 200))
  const at = near === null ? TEMPLATE.exec(source.text)?.index : lineStart + near.index
  if (at === undefined) return undefined
  const end = source.text.indexOf('}}', at)
  const shown = source.text.slice(at, end < 0 || end - at > 60 ? at + 60 : end + 2).split('\n')[0]
  const advice = 'expected a rendered manifest: run `helm template CHART` and load what it prints'
  return new KubehopError('KH_YAML', `unexpanded template ${shown}; ${advice}`, source.place(at))
}
