import { KubehopError } from '../errors.ts'
import type { ClusterConfig } from './config.ts'

/** Modes of kube-proxy; `legacy` is iptables as before Kubernetes 1.21. */
export const PROXY_MODES = ['iptables', 'ipvs', 'nftables', 'userspace', 'legacy'] as const
export type ProxyModeName = (typeof PROXY_MODES)[number]

/** The mode of a configuration by the same names. */
export function proxyModeOf({ kubeProxy }: ClusterConfig): ProxyModeName {
  return kubeProxy.mode === 'iptables' && kubeProxy.version === 'legacy' ? 'legacy' : kubeProxy.mode
}

/** The configuration with kube-proxy in that mode. Throws KH_USAGE when there is none of that name. */
export function withProxyMode(config: ClusterConfig, mode: string | undefined): ClusterConfig {
  if (mode === undefined) return config
  const name = PROXY_MODES.find(known => known === mode)
  if (name === undefined)
    throw new KubehopError('KH_USAGE', `${JSON.stringify(mode)} is not one of ${PROXY_MODES.join(', ')}`)
  const kubeProxy =
    name === 'legacy'
      ? { ...config.kubeProxy, mode: 'iptables' as const, version: 'legacy' as const }
      : { ...config.kubeProxy, mode: name }
  return { ...config, kubeProxy }
}
