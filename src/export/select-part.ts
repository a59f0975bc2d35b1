import type { NamespaceConfig } from '../netns/config.ts'

/**
 * The configurations without the namespaces of pods that are not in `pods` (`namespace/name`), and without the links that led to
 * them. Everything else of a node stays: its rules and routes still speak of the others.
 */
export function selectPods(configs: readonly NamespaceConfig[], pods: ReadonlySet<string>): NamespaceConfig[] {
  const left = new Set<string>()
  for (const { links } of configs) {
    for (const link of links) if (link.kind === 'veth' && !pods.has(link.peer.namespace)) left.add(link.peer.namespace)
  }
  return configs
    .filter(config => !left.has(config.name))
    .map(config => ({
      ...config,
      links: config.links.filter(link => link.kind !== 'veth' || !left.has(link.peer.namespace)),
    }))
}
