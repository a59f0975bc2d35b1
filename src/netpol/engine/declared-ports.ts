import type { Container, Pod } from '../../controlplane/index.ts'
import { protocolIndex } from '../compile/compile-network-policy.ts'
import type { ProtocolIndex } from '../compile/compiled.ts'

export interface DeclaredPort {
  readonly name: string
  readonly protocol: ProtocolIndex
  readonly port: number
}

/** Calls with each named port of a pod: of its containers, and of init containers that keep running beside them. */
export function eachNamedPort(pod: Pod, visit: (name: string, protocol: ProtocolIndex, port: number) => void): void {
  const { containers, initContainers } = pod.spec
  for (let i = 0; i < containers.length; i++) portsOf(containers[i], visit)
  if (initContainers === undefined) return
  for (const container of initContainers) if (container.restartPolicy === 'Always') portsOf(container, visit)
}

function portsOf(
  container: Container | undefined,
  visit: (name: string, protocol: ProtocolIndex, port: number) => void,
): void {
  const ports = container?.ports
  if (ports === undefined) return
  for (let i = 0; i < ports.length; i++) {
    const port = ports[i]
    if (port?.name !== undefined) visit(port.name, protocolIndex(port.protocol), port.containerPort)
  }
}
