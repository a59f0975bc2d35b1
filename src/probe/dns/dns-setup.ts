import type { Cluster } from '../../cluster/index.ts'
import { type Pod, type Snapshot, snapshotOf } from '../../controlplane/index.ts'
import {
  isNodeCache,
  type KubeletDns,
  nodeCacheCorefile,
  nodeCacheOf,
  type PodDns,
  parseRecords,
  parseResolvConf,
  podDns,
  podHosts,
  type ResolvConf,
  type Rr,
} from '../../dns/index.ts'
import { KubehopError } from '../../errors.ts'
import { addrPlus, formatAddr } from '../../wire/addr.ts'
import { parsePrefix } from '../../wire/prefix.ts'

/** The ConfigMap that says what no object of a real cluster does: the nodes' own resolver, and what it knows. */
const OUTSIDE = { namespace: 'kube-system', name: 'kubehop-dns' } as const
/** The server of the nodes when nobody names one (RFC 5737: nobody else's address). */
const ASSUMED_RESOLV_CONF = 'nameserver 192.0.2.53\n'

const NOTHING = snapshotOf([])

/** Everything around DNS that a cluster's objects say. */
export interface DnsSetup {
  readonly kubelet: KubeletDns
  readonly corefile: string | undefined
  /** Running CoreDNS pods in the network of pods. */
  readonly servers: readonly Pod[]
  /** The nodes' resolv.conf. */
  readonly nodeResolvConf: ResolvConf
  readonly nodeResolvConfText: string
  /** What the servers outside the cluster know. */
  readonly outside: readonly Rr[]
  /** Servers that do not start, and why. */
  readonly remarks: readonly string[]
  readonly assumptions: readonly string[]
}

/** Reads the setup. Throws KH_DNS for records or a resolv.conf that cannot be read. */
export function dnsSetup(cluster: Cluster): DnsSetup {
  const { snapshot, config } = cluster
  const data =
    snapshot.configMaps.find(map => map.metadata.namespace === OUTSIDE.namespace && map.metadata.name === OUTSIDE.name)
      ?.data ?? {}
  const text = data['resolv.conf'] ?? ASSUMED_RESOLV_CONF
  const nodeResolvConf = parseResolvConf(text)
  const domain = config.networking.dnsDomain
  const corefile = snapshot.configMaps.find(
    map => map.metadata.namespace === 'kube-system' && map.metadata.name === 'coredns',
  )?.data?.Corefile
  const assumptions =
    data['resolv.conf'] === undefined
      ? [
          'the resolv.conf of the nodes is not known: one server outside, 192.0.2.53, that knows no name, is assumed (ConfigMap kube-system/kubehop-dns says otherwise)',
        ]
      : []
  return {
    kubelet: { clusterDNS: clusterDnsOf(cluster), clusterDomain: domain, node: nodeResolvConf },
    corefile,
    servers: snapshot.pods.filter(isCoreDns),
    nodeResolvConf,
    nodeResolvConfText: text,
    outside: parseRecords(data.records ?? ''),
    remarks: snapshot.pods.flatMap(pod => whyNotStarted(pod, snapshot) ?? []),
    assumptions,
  }
}

/** The resolv.conf of a pod. */
export function resolvConfOf(setup: DnsSetup, pod: Pod): PodDns {
  return podDns(pod, setup.kubelet)
}

/** The hosts file of a pod. */
export function hostsOf(setup: DnsSetup, pod: Pod): string {
  return podHosts(pod, setup.kubelet.clusterDomain, '127.0.0.1\tlocalhost\n')
}

/** A pod that runs CoreDNS: by its image, or by the label that the kube-dns Service selects. */
function isCoreDns(pod: Pod): boolean {
  const image = pod.spec.containers.some(container =>
    /(?:^|\/)(?:coredns|k8s-dns-kube-dns)(?:[:@]|$)/.test(container.image ?? ''),
  )
  const ready =
    pod.status?.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') ??
    pod.status?.phase === 'Running'
  return image && ready && pod.spec.nodeName !== undefined && pod.spec.hostNetwork !== true
}

/** Why a node-cache pod does not start; undefined for all others. */
function whyNotStarted(pod: Pod, snapshot: Snapshot): string | undefined {
  if (!isNodeCache(pod)) return undefined
  const cache = nodeCacheOf(pod)
  const where = `pod ${pod.metadata.namespace}/${pod.metadata.name}`
  if (typeof cache === 'string') return `${where} ends at its start: ${cache}`
  return nodeCacheCorefile(cache, snapshot) === undefined
    ? `${where} does not start: there is no ConfigMap ${pod.metadata.namespace}/node-local-dns with a Corefile`
    : undefined
}

/** kubelet's clusterDNS: as configured; else the addresses of the kube-dns Service, as kubeadm writes them. */
function clusterDnsOf(cluster: Cluster): readonly string[] {
  if (cluster.config.clusterDNS !== undefined) return cluster.config.clusterDNS
  const service = cluster.snapshot.services.find(
    ({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === 'kube-dns',
  )
  const { clusterIPs, clusterIP } = service?.spec ?? {}
  return clusterIPs ?? (clusterIP === undefined ? tenthAddress(cluster) : [clusterIP])
}

function tenthAddress(cluster: Cluster): string[] {
  return cluster.config.networking.serviceSubnets.map(subnet => formatAddr(addrPlus(parsePrefix(subnet).addr, 10)))
}

/** The objects as CoreDNS knows them: none before its caches are filled. Throws KH_LIMIT. */
export function knownObjects(cluster: Cluster): Snapshot {
  return cluster.config.dns.synced ? cluster.dnsSnapshot : NOTHING
}

/** What CoreDNS would say to a Corefile that is not there. */
export function corefileOf(setup: DnsSetup): string {
  if (setup.corefile === undefined)
    throw new KubehopError('KH_COREFILE', 'there is no Corefile: ConfigMap kube-system/coredns has no key Corefile')
  return setup.corefile
}
