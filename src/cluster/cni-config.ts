import type { CalicoPool, CniConfig, Encapsulation, FelixConfig, FlannelBackend } from '../cni/index.ts'
import type { ClusterConfig } from './config.ts'

/** `spec.cni` as the configuration says it. */
export type CniShape = FlannelShape | CalicoShape | CanalShape

export interface FlannelShape {
  readonly name: 'flannel'
  readonly backend: FlannelBackend
  readonly ipMasq: boolean
}

export interface CanalShape extends Omit<FlannelShape, 'name'> {
  readonly name: 'canal'
  readonly felix: FelixConfig
}

/** The pools' settings are those of the pools that are made of the pod subnets when the objects hold no IPPool. */
export interface CalicoShape {
  readonly name: 'calico'
  readonly felix: FelixConfig
  readonly ipipMode: Encapsulation
  readonly vxlanMode: Encapsulation
  readonly blockSize: number
  readonly natOutgoing: boolean
  readonly mtu: number
}

/** Names of the network plugins that can be chosen. */
export const CNI_NAMES = ['flannel', 'calico', 'canal'] as const
export type CniName = (typeof CNI_NAMES)[number]

/** What the manifests of each plugin say when nothing else is asked for. */
export const DEFAULT_FELIX: FelixConfig = {
  variant: 'classic',
  chainInsertMode: 'Insert',
  defaultEndpointToHostAction: 'Accept',
}
export const DEFAULT_BACKEND: FlannelBackend = { Type: 'vxlan', VNI: 1, Port: 8472, DirectRouting: false }

/** The same cluster with another network plugin, as its manifest sets it up. The plugin that it has already keeps its settings. */
export function withCni(config: ClusterConfig, name: CniName): ClusterConfig {
  if (config.cni.name === name) return config
  return { ...config, cni: defaultCni(name) }
}

export function defaultCni(name: CniName): CniShape {
  switch (name) {
    case 'flannel':
      return { name, backend: DEFAULT_BACKEND, ipMasq: true }
    case 'canal':
      return { name, backend: DEFAULT_BACKEND, ipMasq: true, felix: DEFAULT_FELIX }
    case 'calico':
      return {
        name,
        felix: DEFAULT_FELIX,
        ipipMode: 'Always',
        vxlanMode: 'Never',
        blockSize: 26,
        natOutgoing: true,
        mtu: 0,
      }
  }
}

/** What the planners of the network plugin take. `pools`: those of the IPPool objects. */
export function cniConfig({ cni, networking }: ClusterConfig, pools: readonly CalicoPool[]): CniConfig {
  switch (cni.name) {
    case 'flannel':
      return { name: 'flannel', backend: cni.backend, networks: networking.podSubnets, ipMasq: cni.ipMasq }
    case 'canal':
      return {
        name: 'canal',
        flannel: { name: 'flannel', backend: cni.backend, networks: networking.podSubnets, ipMasq: cni.ipMasq },
        felix: cni.felix,
      }
    case 'calico':
      return { name: 'calico', pools, mtu: cni.mtu, felix: cni.felix }
  }
}

/** `default-ipv4-ippool` and `default-ipv6-ippool`, which calico-node makes of the pod subnets. IPv6 is never wrapped. */
export function defaultPools(cni: CalicoShape, podSubnets: readonly string[]): CalicoPool[] {
  return podSubnets.map((cidr): CalicoPool => {
    const v6 = cidr.includes(':')
    const length = Number(cidr.split('/')[1])
    return {
      name: v6 ? 'default-ipv6-ippool' : 'default-ipv4-ippool',
      cidr,
      blockSize: Math.max(length, v6 ? 122 : cni.blockSize),
      ipipMode: v6 ? 'Never' : cni.ipipMode,
      vxlanMode: v6 ? 'Never' : cni.vxlanMode,
      natOutgoing: v6 ? false : cni.natOutgoing,
      disabled: false,
    }
  })
}
