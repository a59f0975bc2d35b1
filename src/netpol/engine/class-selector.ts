import type { LabelSelector } from '../../controlplane/index.ts'
import type { ClassTable } from './class-table.ts'
import type { Vocabulary } from './vocabulary.ts'

interface Requirement {
  readonly key: number
  /** 0 In, 1 NotIn, 2 Exists, 3 DoesNotExist. */
  readonly operator: number
  readonly values: ReadonlySet<number>
  /** The only value of an In; 0 where there are several. */
  readonly single: number
}

/** A label selector in the numbers of a vocabulary. */
export class ClassSelector {
  readonly requirements: readonly Requirement[]
  readonly #table: ClassTable

  constructor(selector: LabelSelector | undefined, table: ClassTable) {
    const { vocabulary } = table
    this.#table = table
    this.requirements = [
      ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => requirement(vocabulary, key, 'In', [value])),
      ...(selector?.matchExpressions ?? []).map(({ key, operator, values }) =>
        requirement(vocabulary, key, operator, values ?? []),
      ),
    ]
  }

  matches(index: number): boolean {
    const { labels, keyCount } = this.#table
    const base = index * keyCount
    for (let i = 0; i < this.requirements.length; i++) {
      const one = this.requirements[i]
      if (one !== undefined && !meets(one, labels[base + one.key] ?? 0)) return false
    }
    return true
  }
}

function requirement(vocabulary: Vocabulary, key: string, operator: string, texts: readonly string[]): Requirement {
  const number = vocabulary.keys.get(key)
  if (number === undefined) throw new Error(`the label key ${key} is not in the vocabulary`)
  const values = texts.map(text => vocabulary.value(text))
  return {
    key: number,
    operator: operator === 'In' ? 0 : operator === 'NotIn' ? 1 : operator === 'Exists' ? 2 : 3,
    values: new Set(values),
    single: values.length === 1 ? (values[0] ?? 0) : 0,
  }
}

export function meets({ operator, values, single }: Requirement, value: number): boolean {
  switch (operator) {
    case 0:
      return single === 0 ? value !== 0 && values.has(value) : value === single
    case 1:
      return value === 0 || !values.has(value)
    case 2:
      return value !== 0
    default:
      return value === 0
  }
}
