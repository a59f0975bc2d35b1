import type { Pod } from '../../controlplane/index.ts'
import { protocolIndex } from '../compile/compile-network-policy.ts'
import type { ProtocolIndex } from '../compile/compiled.ts'

export interface DeclaredPort {
  readonly name: string
  readonly protocol: ProtocolIndex
  readonly port: number
}

/** The named ports of a pod: of its containers, and of init containers that keep running beside them. */
export function declaredPorts(pod: Pod): readonly DeclaredPort[] {
  const found: DeclaredPort[] = []
  const { containers, initContainers } = pod.spec
  for (const container of containers) {
    for (const { name, protocol, containerPort } of container.ports ?? []) {
      if (name !== undefined) found.push({ name, protocol: protocolIndex(protocol), port: containerPort })
    }
  }
  for (const container of initContainers ?? []) {
    if (container.restartPolicy !== 'Always') continue
    for (const { name, protocol, containerPort } of container.ports ?? []) {
      if (name !== undefined) found.push({ name, protocol: protocolIndex(protocol), port: containerPort })
    }
  }
  return found
}
