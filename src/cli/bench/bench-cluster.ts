import { Cluster, readConfig } from '../../cluster/index.ts'
import type { KubeObject } from '../../controlplane/types/index.ts'
import { formatAddr, v4 } from '../../wire/addr.ts'

/** Port on which the backend listens. */
export const BACKEND_PORT = 8080

/** Modes of kube-proxy in which a packet goes from client to backend as one packet. */
export type ProxyMode = 'iptables' | 'nftables' | 'ipvs'

/** Address of Service number `i`. */
export function serviceIP(i: number): string {
  return formatAddr(v4(0x0a600000 + 4096 + i))
}

/** Two workers. */
export function benchCluster(services: number, seed: number, mode: ProxyMode = 'iptables'): Cluster {
  const config = readConfig(
    '(bench)',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: { nodes: 2, kubeProxy: { mode: ${mode} } }\n`,
  )
  return Cluster.load({ objects: benchObjects(services), config, seed })
}

/** A client on worker-1, one backend on worker-2, and `services` Services that all lead to it. */
export function benchObjects(services: number): KubeObject[] {
  const pod = (name: string, nodeName: string): KubeObject & { spec: unknown } => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name,
      labels: { app: name },
      annotations: { 'kubehop.dev/listen': `udp/${BACKEND_PORT},tcp/${BACKEND_PORT}` },
    },
    spec: { nodeName, containers: [{ name: 'main', image: 'bench' }] },
  })
  const objects: KubeObject[] = [pod('client', 'worker-1'), pod('backend', 'worker-2')]
  for (let i = 0; i < services; i++) {
    const service: KubeObject & { spec: unknown } = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: `svc-${i}` },
      spec: {
        selector: { app: 'backend' },
        clusterIP: serviceIP(i),
        ports: [{ port: 80, protocol: 'UDP', targetPort: BACKEND_PORT }],
      },
    }
    objects.push(service)
  }
  return objects
}
