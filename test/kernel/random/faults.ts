import fc from 'fast-check'
import type { NamespaceConfig } from '../../../src/netns/config.ts'
import { sometimes } from './universe.ts'

/** What is wrong in a world from the start; indices are taken modulo the number of what they point at. */
export interface Faults {
  readonly downLink: number | undefined
  readonly missingRoute: number | undefined
  readonly wrongFdb: number | undefined
  readonly missingNeighbour: number | undefined
  readonly smallMtu: readonly [number, number] | undefined
  readonly wrongNeighbour: number | undefined
}

const index = fc.nat({ max: 40 })

export const faults: fc.Arbitrary<Faults> = fc.record({
  downLink: sometimes(index, 0.05),
  missingRoute: sometimes(index, 0.08),
  wrongFdb: sometimes(index, 0.05),
  missingNeighbour: sometimes(index, 0.05),
  smallMtu: sometimes(fc.tuple(index, fc.constantFrom(1280, 1000, 1420)), 0.1),
  wrongNeighbour: sometimes(index, 0.05),
})

export function withFaults(configs: readonly NamespaceConfig[], all: Faults): NamespaceConfig[] {
  let result = [...configs]
  const { downLink, missingRoute, wrongFdb, missingNeighbour, smallMtu, wrongNeighbour } = all
  const cards = (config: NamespaceConfig): boolean => config.links.length > 0
  if (downLink !== undefined) {
    result = change(result, cards, downLink, config => ({
      ...config,
      // Routes through a link that is down are refused.
      links: config.links.map((link, i) =>
        i === config.links.length - 1 && link.kind === 'veth' ? { ...link, up: false } : link,
      ),
    }))
  }
  if (missingRoute !== undefined) {
    result = change(
      result,
      config => config.routes.length > 0,
      missingRoute,
      config => ({
        ...config,
        routes: config.routes.slice(0, -1),
      }),
    )
  }
  if (wrongFdb !== undefined) {
    result = change(
      result,
      config => config.fdb.length > 0,
      wrongFdb,
      config => ({
        ...config,
        fdb: config.fdb.map(line => line.replace(/dst \S+/, 'dst 10.0.0.99')),
      }),
    )
  }
  if (missingNeighbour !== undefined) {
    result = change(
      result,
      config => config.neighbours.length > 0,
      missingNeighbour,
      config => ({
        ...config,
        neighbours: config.neighbours.slice(1),
      }),
    )
  }
  if (smallMtu !== undefined) {
    const [at, mtu] = smallMtu
    result = change(result, cards, at, config => ({
      ...config,
      links: config.links.map(link => (link.kind === 'physical' ? { ...link, mtu } : link)),
    }))
  }
  if (wrongNeighbour !== undefined) {
    result = change(
      result,
      config => /^n\d$/.test(config.name),
      wrongNeighbour,
      config => ({
        ...config,
        neighbours: [...config.neighbours, '10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent'],
      }),
    )
  }
  return result
}

function change(
  configs: readonly NamespaceConfig[],
  fits: (config: NamespaceConfig) => boolean,
  index: number,
  edit: (config: NamespaceConfig) => NamespaceConfig,
): NamespaceConfig[] {
  const candidates = configs.filter(fits)
  const chosen = candidates[index % Math.max(1, candidates.length)]
  return configs.map(config => (config === chosen ? edit(config) : config))
}
