import type { Cluster } from '../../../cluster/index.ts'
import { didYouMean, type Service } from '../../../controlplane/index.ts'
import { KubehopError } from '../../../errors.ts'

/** A Service by its name. Throws KH_ENDPOINT with what was probably meant. */
export function findService(cluster: Cluster, namespace: string, name: string): Service {
  const { services } = cluster.snapshot
  const found = services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  if (found !== undefined) return found
  const names = services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
  const meant = didYouMean(`${namespace}/${name}`, names)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  throw new KubehopError('KH_ENDPOINT', `there is no Service ${namespace}/${name}${hint}`)
}
