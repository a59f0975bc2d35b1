import type { Snapshot } from '../../controlplane/index.ts'
import { KubehopError } from '../../errors.ts'
import type { NodeCache } from './node-cache.ts'

/** The ConfigMaps of the addon: its Corefile before the addresses are filled in, and what kube-dns knew of stub domains. */
const BASE = 'node-local-dns'
const KUBE_DNS = 'kube-dns'

/**
 * The Corefile that a node-cache writes for its CoreDNS: the ConfigMap's, with the addresses that only the running program knows, and a
 * server block for each stub domain (cmd/node-cache/app/configmap.go). Undefined without the ConfigMap: the pod cannot start.
 * Throws KH_DNS for stub domains that cannot be read.
 */
export function nodeCacheCorefile(cache: NodeCache, snapshot: Snapshot): string | undefined {
  const { namespace } = cache.pod.metadata
  const data = (name: string) =>
    snapshot.configMaps.find(map => map.metadata.namespace === namespace && map.metadata.name === name)?.data
  const base = data(BASE)?.Corefile
  if (base === undefined) return undefined
  const local = cache.localIPs.join(' ')
  const kubeDns = data(KUBE_DNS) ?? {}
  const upstreams = stringList(kubeDns.upstreamNameservers, 'upstreamNameservers')
  const filled = base
    .replaceAll('__PILLAR__UPSTREAM__SERVERS__', upstreams.length === 0 ? '/etc/resolv.conf' : upstreams.join(' '))
    .replaceAll('__PILLAR__CLUSTER__DNS__', upstreamAddress(cache, snapshot) ?? '<nil>')
    .replaceAll('__PILLAR__LOCAL__DNS__', local)
  const stubs = Object.entries(stubDomains(kubeDns.stubDomains)).map(
    ([domain, servers]) =>
      `${domain}:${cache.localPort} {\n    errors\n    cache 30\n    bind ${local}\n    forward . ${servers.join(' ')} {\n        force_tcp\n    }\n}\n`,
  )
  return [filled, ...stubs].join('\n')
}

/** The ClusterIP of the Service that leads to CoreDNS: the pod has it in its environment (`KUBE_DNS_UPSTREAM_SERVICE_HOST`). */
function upstreamAddress(cache: NodeCache, snapshot: Snapshot): string | undefined {
  const service = snapshot.services.find(
    ({ metadata }) =>
      metadata.name === cache.upstreamService && metadata.namespace === (cache.pod.metadata.namespace ?? 'default'),
  )
  const ip = service?.spec.clusterIP
  return ip === undefined || ip === '' || ip === 'None' ? undefined : ip
}

function stubDomains(text: string | undefined): Record<string, readonly string[]> {
  const value = readJson(text ?? '{}', 'stubDomains')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('stubDomains')
  return Object.fromEntries(
    Object.entries(value).map(([domain, servers]) => [domain, stringList(JSON.stringify(servers), 'stubDomains')]),
  )
}

function stringList(text: string | undefined, key: string): readonly string[] {
  const value = readJson(text ?? '[]', key)
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) throw bad(key)
  return value
}

function readJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw bad(key)
  }
}

function bad(key: string): KubehopError {
  const form = key === 'stubDomains' ? '{"example.com": ["192.0.2.53"]}' : '["192.0.2.53"]'
  return new KubehopError('KH_DNS', `ConfigMap ${KUBE_DNS}: data.${key} is not JSON such as ${form}`)
}
