import { Option } from 'commander'
import { PROXY_MODES } from '../cluster/index.ts'

export { PROXY_MODES, type ProxyModeName, withProxyMode } from '../cluster/index.ts'

/** `--proxy-mode`: kube-proxy in another mode than the configuration says; `legacy` is iptables as before Kubernetes 1.21. */
export function proxyModeOption(
  flag = '--proxy-mode <mode>',
  what = 'mode of kube-proxy, in place of the configured one',
): Option {
  return new Option(flag, what).choices(PROXY_MODES)
}
