import type { Pod } from '../../controlplane/index.ts'
import { resolverOfImage } from '../../dns/index.ts'

/** The annotation that names a pod's resolver. */
const ANNOTATION = 'kubehop.dev/resolver'

/** Which resolver asks, and where that is known from. `types`: what is asked for, where it is not what programs ask for. */
export function resolverOf(
  pod: Pod | undefined,
  { resolver, types }: { readonly resolver?: string; readonly types?: readonly string[] },
): { readonly resolver: string; readonly resolverFrom: string } {
  if (resolver !== undefined) return { resolver, resolverFrom: 'as asked' }
  const other = types?.find(type => !['A', 'AAAA'].includes(type.toUpperCase()))
  if (other !== undefined)
    return { resolver: 'dig+search', resolverFrom: `${other} is nothing that getaddrinfo asks for` }
  if (pod === undefined) return { resolver: 'glibc', resolverFrom: 'a Linux machine' }
  const annotation = pod.metadata.annotations?.[ANNOTATION]
  if (annotation !== undefined) return { resolver: annotation, resolverFrom: `annotation ${ANNOTATION}` }
  const image = pod.spec.containers[0]?.image ?? ''
  return {
    resolver: resolverOfImage(image),
    resolverFrom: image === '' ? 'no image says otherwise' : `image ${image}`,
  }
}
