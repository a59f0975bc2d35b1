import type { Pod } from '../../controlplane/index.ts'
import type { ResolvConf } from './parse-resolv-conf.ts'

/** What kubelet knows (KubeletConfiguration clusterDNS, clusterDomain, and the node's resolv.conf). */
export interface KubeletDns {
  readonly clusterDNS: readonly string[]
  readonly clusterDomain: string
  /** Undefined: `resolvConf: ""`. */
  readonly node: ResolvConf | undefined
}

/** A pod's resolv.conf, and the events that kubelet reports on the way. */
export interface PodDns extends ResolvConf {
  readonly events: readonly { readonly reason: 'MissingClusterDNS' | 'DNSConfigForming'; readonly message: string }[]
}

/** Limits of a pod's resolv.conf (validation, ExpandedDNSConfig). */
const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048
const MAX_SEARCH_DOMAIN = 253

/** The resolv.conf that kubelet gives a pod (pkg/kubelet/network/dns, GetPodDNS). */
export function podDns(pod: Pick<Pod, 'metadata' | 'spec'>, kubelet: KubeletDns): PodDns {
  const events: PodDns['events'][number][] = []
  let policy = pod.spec.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'ClusterFirst' && pod.spec.hostNetwork === true) policy = 'Default'
  if (policy === 'ClusterFirstWithHostNet') policy = 'ClusterFirst'
  if (policy === 'ClusterFirst' && kubelet.clusterDNS.length === 0) {
    events.push({
      reason: 'MissingClusterDNS',
      message: `pod: "${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`,
    })
    policy = 'Default'
  }
  const base = policy === 'None' ? EMPTY : policy === 'ClusterFirst' ? clusterFirst(pod, kubelet) : nodeConf(kubelet)
  const config = dnsConfigOf(pod)
  const merged = {
    nameservers: unique([...base.nameservers, ...config.nameservers]),
    searches: unique([...base.searches, ...config.searches]),
    options: mergeOptions(base.options, config.options),
  }
  return { ...limit(merged, events), events }
}

const EMPTY: ResolvConf = { nameservers: [], searches: [], options: [] }

function clusterFirst(pod: Pick<Pod, 'metadata'>, kubelet: KubeletDns): ResolvConf {
  const { clusterDomain: domain } = kubelet
  const own = domain === '' ? [] : [`${pod.metadata.namespace ?? 'default'}.svc.${domain}`, `svc.${domain}`, domain]
  return {
    nameservers: kubelet.clusterDNS,
    searches: unique([...own, ...(kubelet.node?.searches ?? [])]),
    options: ['ndots:5'],
  }
}

/** Without a file kubelet points to the node itself. */
function nodeConf({ node }: KubeletDns): ResolvConf {
  return node ?? { nameservers: ['127.0.0.1'], searches: ['.'], options: [] }
}

function dnsConfigOf(pod: Pick<Pod, 'spec'>): ResolvConf {
  const config: Readonly<Record<string, unknown>> = pod.spec.dnsConfig ?? {}
  const texts = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : []
  const options = Array.isArray(config.options) ? config.options : []
  return {
    nameservers: texts(config.nameservers),
    searches: texts(config.searches),
    options: options.flatMap((option: unknown) => {
      if (typeof option !== 'object' || option === null || !('name' in option) || typeof option.name !== 'string')
        return []
      const value =
        'value' in option && typeof option.value === 'string' && option.value !== '' ? `:${option.value}` : ''
      return [`${option.name}${value}`]
    }),
  }
}

/** By name: those of the pod win. kubelet keeps them in a map and writes them in no particular order; here the first place counts. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const byName = new Map<string, string>()
  for (const option of [...base, ...own]) byName.set(option.replace(/:.*/, ''), option)
  return [...byName.values()]
}

function limit(conf: ResolvConf, events: PodDns['events'][number][]): ResolvConf {
  const nameservers = conf.nameservers.slice(0, MAX_NAMESERVERS)
  if (nameservers.length < conf.nameservers.length)
    events.push({
      reason: 'DNSConfigForming',
      message: `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.join(' ')}`,
    })
  let searches = conf.searches.filter(search => search.length <= MAX_SEARCH_DOMAIN).slice(0, MAX_SEARCHES)
  while (searches.join(' ').length > MAX_SEARCH_CHARACTERS) searches = searches.slice(0, -1)
  if (searches.length < conf.searches.length)
    events.push({
      reason: 'DNSConfigForming',
      message: `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`,
    })
  return { nameservers, searches, options: conf.options }
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)]
}

/** The file as containerd writes it. */
export function formatResolvConf(conf: ResolvConf): string {
  const lines = [
    ...(conf.searches.length === 0 ? [] : [`search ${conf.searches.join(' ')}`]),
    ...conf.nameservers.map(server => `nameserver ${server}`),
    ...(conf.options.length === 0 ? [] : [`options ${conf.options.join(' ')}`]),
  ]
  return lines.map(line => `${line}\n`).join('')
}
