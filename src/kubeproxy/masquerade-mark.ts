import type { KubeProxyConfig } from './config.ts'

/** The mark of packets to masquerade: `0x00004000` as a node's kube-proxy prints it, `0x4000` in the upstream tests. */
export function masqueradeMark({ masqueradeBit, profile }: Pick<KubeProxyConfig, 'masqueradeBit' | 'profile'>): string {
  const digits = (2 ** masqueradeBit).toString(16)
  return `0x${profile === 'test' ? digits : digits.padStart(8, '0')}`
}
