import { Cluster, readConfig } from '../../../src/cluster/index.ts'
import type { KubeObject, Snapshot } from '../../../src/controlplane/index.ts'

/** Network plugins that enforce policies, as configurations. Addresses of pods that objects give lie in 10.0.0.0/8. */
export const ENFORCING = {
  calico: 'cni: { name: calico, ipipMode: Never }',
  'calico with IPIP': 'cni: { name: calico }',
  'calico with VXLAN, current': 'cni: { name: calico, vxlanMode: Always, variant: current }',
  canal: 'cni: { name: canal }',
} as const

/** A cluster of three nodes with these objects; pods are spread over the nodes in their order. */
export function packetCluster(
  spec: string,
  snapshot: Pick<Snapshot, 'pods' | 'namespaces' | 'networkPolicies'>,
  keepIPs = true,
): Cluster {
  const config = readConfig(
    'cluster.yaml',
    `apiVersion: kubehop.dev/v1alpha1
kind: Cluster
spec:
  nodes: 3
  networking: { podSubnet: 10.0.0.0/8, serviceSubnet: 172.20.0.0/16, nodeSubnet: 172.31.255.0/24 }
  ${spec}
`,
  )
  const objects: KubeObject[] = [
    ...snapshot.namespaces,
    ...snapshot.networkPolicies,
    ...snapshot.pods.map((pod, i) => {
      const { status, ...rest } = pod
      return {
        ...rest,
        spec: { ...pod.spec, nodeName: `worker-${(i % 3) + 1}` },
        ...(keepIPs && status !== undefined ? { status } : {}),
      }
    }),
  ]
  return Cluster.load({ objects, config })
}
