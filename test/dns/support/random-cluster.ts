import type { KubeObject } from '../../../src/controlplane/index.ts'

/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const NAMESPACES = ['default', 'shop', 'db-tier', 'kube-system']
const PORTS = [
  { name: 'http', port: 80, protocol: 'TCP' },
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'pg', port: 5432, protocol: 'TCP' },
  { port: 9090, protocol: 'TCP' },
]
const EXTERNAL = [
  'www.example.com',
  'mail.example.com',
  'six.example.com',
  'nx.example.com',
  'svc-0.shop.svc.cluster.local',
]
const TYPES = [
  'A',
  'A',
  'A',
  'AAAA',
  'AAAA',
  'SRV',
  'SRV',
  'PTR',
  'TXT',
  'NS',
  'SOA',
  'CNAME',
  'MX',
  'HTTPS',
  'ANY',
  'HINFO',
  'NAPTR',
]

/** What is to be asked. */
export interface Question {
  readonly name: string
  readonly type: string
}

/** Services of every kind with endpoints, drawn at random, and a source of questions about them. */
export function randomCluster(seed: number): { objects: KubeObject[]; question: () => Question } {
  const next = randomOf(seed)
  const below = (n: number): number => Math.floor(next() * n)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const some = <T>(list: readonly T[]): T[] => list.filter(() => next() < 0.6)
  const objects: KubeObject[] = NAMESPACES.map(name => object('v1', 'Namespace', { name }, {}))
  const count = 10 + below(30)
  const names: string[] = []
  for (let i = 0; i < count; i++) {
    const namespace = pick(NAMESPACES)
    const name = `svc-${i}`
    const ports = some(PORTS)
    const metadata = { name, namespace }
    names.push(`${name}.${namespace}`)
    if (next() < 0.15) {
      const spec = { type: 'ExternalName', externalName: pick([...EXTERNAL, '192.0.2.7']) }
      objects.push(object('v1', 'Service', metadata, { spec }))
      continue
    }
    const dual = next() < 0.3
    const ips = next() < 0.4 ? ['None'] : [`10.96.${i}.${1 + below(250)}`, ...(dual ? [`fd00:96::${i + 1}`] : [])]
    objects.push(object('v1', 'Service', metadata, { spec: { clusterIP: ips[0], clusterIPs: ips, ports } }))
    const slices = (['IPv4', ...(dual ? ['IPv6'] : [])] as const).filter(() => next() < 0.85)
    for (const [s, addressType] of slices.entries()) {
      const endpoints = Array.from({ length: below(6) }, (_, e) => ({
        addresses: [addressType === 'IPv4' ? `10.244.${i}.${e + 1}` : `fd00:244::${i}:${e + 1}`],
        ...(next() < 0.4 ? { hostname: `${name}-${e}` } : {}),
        conditions: { ready: next() < 0.85 },
      }))
      const labels = { 'kubernetes.io/service-name': name }
      const own = { name: `${name}-${s}`, namespace, labels }
      objects.push(object('discovery.k8s.io/v1', 'EndpointSlice', own, { addressType, endpoints, ports }))
    }
  }
  const service = (): string => (next() < 0.15 ? `nothere.${pick(NAMESPACES)}` : pick(names))
  const short = (): string => service().replace(/\..*/, '')
  const forms = [
    () => `${service()}.svc.cluster.local.`,
    () => `${service()}.svc.cluster.local.`,
    () => `${short()}.${pick([...NAMESPACES, 'other'])}.svc.cluster.local.`,
    () => `_${pick(['http', 'dns', 'pg', 'x'])}._${pick(['tcp', 'udp'])}.${service()}.svc.cluster.local.`,
    () => {
      const full = service()
      return `${full.replace(/\..*/, '')}-${below(6)}.${full}.svc.cluster.local.`
    },
    () => `10-244-${below(count)}-${1 + below(6)}.${service()}.svc.cluster.local.`,
    () => `10-244-${below(count)}-${1 + below(9)}.${pick([...NAMESPACES, 'other'])}.pod.cluster.local.`,
    () => `${1 + below(7)}.${below(count)}.244.10.in-addr.arpa.`,
    () => `${below(256)}.${below(count)}.96.10.in-addr.arpa.`,
    () =>
      pick([
        'cluster.local.',
        'svc.cluster.local.',
        'ns.dns.cluster.local.',
        'dns-version.cluster.local.',
        '.',
        'arpa.',
      ]),
    () => `${pick(EXTERNAL)}.`,
    () => mixCase(`${service()}.svc.cluster.local.`, next),
  ]
  return { objects, question: () => ({ name: pick(forms)(), type: pick(TYPES) }) }
}

function object(apiVersion: string, kind: string, metadata: KubeObject['metadata'], rest: object): KubeObject {
  return { apiVersion, kind, metadata, ...rest }
}

function mixCase(name: string, next: () => number): string {
  return [...name].map(char => (next() < 0.5 ? char.toUpperCase() : char)).join('')
}
