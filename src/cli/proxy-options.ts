import { Option } from 'commander'
import type { ClusterConfig } from '../cluster/index.ts'
import { KubehopError } from '../errors.ts'

export const PROXY_MODES = ['iptables', 'ipvs', 'nftables', 'userspace', 'legacy'] as const
export type ProxyModeName = (typeof PROXY_MODES)[number]

/** `--proxy-mode`: kube-proxy in another mode than the configuration says; `legacy` is iptables as before Kubernetes 1.21. */
export function proxyModeOption(
  flag = '--proxy-mode <mode>',
  what = 'mode of kube-proxy, in place of the configured one',
): Option {
  return new Option(flag, what).choices(PROXY_MODES)
}

/** The configuration with that mode. */
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
