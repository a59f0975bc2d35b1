import type { Pod } from '../../controlplane/index.ts'

const LOCAL = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
]

/** The /etc/hosts that kubelet writes for a pod (pkg/kubelet/kubelet_pods.go). `nodeHosts`: the node's own, for pods in its network. */
export function podHosts(
  pod: Pick<Pod, 'metadata' | 'spec' | 'status'>,
  clusterDomain: string,
  nodeHosts: string,
): string {
  const { spec, metadata, status } = pod
  const lines: string[] = []
  if (spec.hostNetwork === true) {
    lines.push(
      '# Kubernetes-managed hosts file (host network).',
      ...nodeHosts.split('\n').filter((line, i, all) => line !== '' || i < all.length - 1),
    )
  } else {
    const hostname = podHostname(pod)
    const domain =
      spec.subdomain === undefined || spec.subdomain === ''
        ? ''
        : `${hostname}.${spec.subdomain}.${metadata.namespace ?? 'default'}.svc.${clusterDomain}\t`
    const ips = status?.podIPs?.map(entry => entry.ip) ?? (status?.podIP === undefined ? [] : [status.podIP])
    lines.push('# Kubernetes-managed hosts file.', ...LOCAL, ...ips.map(ip => `${ip}\t${domain}${hostname}`))
  }
  const aliases = spec.hostAliases ?? []
  if (aliases.length > 0)
    lines.push(
      '',
      '# Entries added by HostAliases.',
      ...aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t')),
    )
  return lines.map(line => `${line}\n`).join('')
}

/** The pod's hostname: spec.hostname or its name, at most 63 characters, no dash or dot at the end. */
export function podHostname({ metadata, spec }: Pick<Pod, 'metadata' | 'spec'>): string {
  const name = spec.hostname !== undefined && spec.hostname !== '' ? spec.hostname : metadata.name
  return name.slice(0, 63).replace(/[-.]+$/, '')
}
