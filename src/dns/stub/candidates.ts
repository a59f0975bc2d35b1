import { countLabels, fqdn, joinNames } from '../wire/index.ts'
import type { StubSettings } from './stub.ts'

/** Names that a resolver makes of one, in the order in which it tries them. */
export interface Candidates {
  readonly names: readonly string[]
  /** Where the name as it stands is among them; −1: not. */
  readonly asIs: number
}

/**
 * With a dot at the end only the name itself. With fewer than `ndots` dots the search list comes first, else the name itself does. `fallback`:
 * whether names with enough dots go through the search list afterwards (glibc, Go) or not (musl).
 */
export function candidates(name: string, settings: StubSettings, fallback: boolean): Candidates {
  if (name.endsWith('.')) return { names: [name], asIs: 0 }
  const absolute = fqdn(name)
  const searched = settings.search.map(domain => joinNames(name, domain))
  const dots = countLabels(absolute) - 1
  if (dots >= settings.ndots) return { names: fallback ? [absolute, ...searched] : [absolute], asIs: 0 }
  return { names: [...searched, absolute], asIs: searched.length }
}
