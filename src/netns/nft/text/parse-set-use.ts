import { anonymousSet, namedSet, type SetUse } from '../expr/set-use.ts'
import { formatKey } from '../sets/element.ts'
import { ElementStore } from '../sets/element-store.ts'
import type { DataType } from '../types/data-type.ts'
import { mergeIntervals, parseElements, sortElements } from './parse-elements.ts'
import type { RuleScope } from './rule-scope.ts'

/**
 * `@name` or `{ … }` for a key of these types. `data`: what a map must give, `verdict` for a vmap, null for a set.
 */
export function parseSetUse(
  scope: RuleScope,
  types: readonly DataType[],
  data: readonly DataType[] | 'verdict' | null,
  minData?: number,
): SetUse {
  const { reader } = scope
  const token = reader.next
  if (reader.accept('@')) {
    const name = reader.name('the name of a set')
    const spec = scope.set(name)
    if (spec !== undefined) {
      if (data === 'verdict' && spec.data !== 'verdict') reader.fail(`${name} is not a verdict map`, token)
      if (data === null && spec.kind === 'map') reader.fail(`${name} is a map, a set is expected`, token)
      const fits = spec.types.length === types.length && spec.types.every((type, i) => alike(type, types[i]))
      if (!fits) {
        const [found, wanted] = [spec.types, types].map(list => list.map(type => type.name).join(' . '))
        reader.fail(`datatype mismatch, expected ${wanted}, set has type ${found}`, token)
      }
    }
    return namedSet(name)
  }
  const parsed = parseElements(reader, types, data, minData)
  if (parsed.length === 0) reader.fail('an anonymous set must not be empty', token)
  const elements = data === null ? mergeIntervals(parsed) : parsed
  const interval = elements.some(({ key }) => key?.some(part => !part.single) === true)
  const store = new ElementStore()
  for (const element of elements) {
    const known = store.get(element.key)
    if (known !== undefined && data !== null) reader.fail(`conflicting elements of ${formatKey(element.key)}`, token)
    store.put(element)
  }
  return anonymousSet(store, sortElements(store.values(), interval), parsed.length)
}

function alike(type: DataType, other: DataType | undefined): boolean {
  return other !== undefined && (type.name === other.name || type.name === 'integer' || other.name === 'integer')
}
