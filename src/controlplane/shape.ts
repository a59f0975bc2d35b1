import { KubehopError } from '../errors.ts'
import { tryParseAddr } from '../wire/addr.ts'
import { type Prefix, parsePrefix, tryParseCidr } from '../wire/prefix.ts'
import type { Taint } from './types/index.ts'

export interface NodeShape {
  readonly name: string
  readonly role?: 'control-plane' | 'worker'
  /** One address, or two with a comma between for dual stack. */
  readonly internalIP?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** One prefix, or two with a comma between for dual stack. */
  readonly podCIDR?: string
}

/** The part of the cluster configuration that the control plane needs; field names of kubeadm. */
export interface ClusterShape {
  readonly kubernetesVersion?: string
  /** A number of workers (one control plane is added), or all nodes by name. */
  readonly nodes?: number | readonly NodeShape[]
  readonly networking?: {
    /** Each: one prefix, or an IPv4 and an IPv6 prefix with a comma between. */
    readonly podSubnet?: string
    readonly serviceSubnet?: string
    readonly nodeSubnet?: string
    readonly dnsDomain?: string
  }
  readonly cni?: { readonly name?: string }
  readonly dns?: { readonly corefile?: string }
  /** `30000-32767` where not given. */
  readonly serviceNodePortRange?: string
}

/** A shape with everything filled in and read. */
export interface ResolvedShape {
  readonly kubernetesVersion: string
  readonly nodes: readonly NodeShape[]
  /** Whether the nodes were named one by one. */
  readonly nodesNamed: boolean
  readonly podSubnets: readonly Prefix[]
  readonly serviceSubnets: readonly Prefix[]
  readonly nodeSubnets: readonly Prefix[]
  readonly dnsDomain: string
  readonly cni: string
  readonly corefile: string | undefined
  readonly nodePorts: { readonly first: number; readonly last: number }
}

const MAX_NODES = 20_000

/** Fills in the defaults: three workers and a control plane. Throws KH_CONFIG. */
export function resolveShape(shape: ClusterShape = {}): ResolvedShape {
  const networking = shape.networking ?? {}
  return {
    kubernetesVersion: shape.kubernetesVersion ?? 'v1.32.0',
    nodes: nodesOf(shape.nodes ?? 3),
    nodesNamed: typeof shape.nodes === 'object',
    podSubnets: subnets('podSubnet', networking.podSubnet ?? '10.244.0.0/16'),
    serviceSubnets: subnets('serviceSubnet', networking.serviceSubnet ?? '10.96.0.0/12'),
    nodeSubnets: subnets('nodeSubnet', networking.nodeSubnet ?? '192.168.0.0/24'),
    dnsDomain: networking.dnsDomain ?? 'cluster.local',
    cni: shape.cni?.name ?? 'flannel',
    corefile: shape.dns?.corefile,
    nodePorts: portRange(shape.serviceNodePortRange ?? '30000-32767'),
  }
}

function nodesOf(nodes: number | readonly NodeShape[]): readonly NodeShape[] {
  if (typeof nodes !== 'number') {
    const seen = new Set<string>()
    for (const { name, internalIP } of nodes) {
      if (seen.has(name))
        throw new KubehopError('KH_CONFIG', `spec.nodes: the name ${JSON.stringify(name)} is given twice`)
      seen.add(name)
      for (const ip of splitPair(internalIP)) {
        if (tryParseAddr(ip) !== undefined) continue
        throw new KubehopError(
          'KH_CONFIG',
          `spec.nodes: internalIP of ${name}: ${JSON.stringify(ip)} is not an IP address`,
        )
      }
    }
    return nodes
  }
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > MAX_NODES) {
    throw new KubehopError('KH_CONFIG', `spec.nodes: ${nodes} is not a number of nodes (0–${MAX_NODES})`)
  }
  const workers = Array.from({ length: nodes }, (_, i): NodeShape => ({ name: `worker-${i + 1}`, role: 'worker' }))
  return [{ name: 'control-plane', role: 'control-plane' }, ...workers]
}

/** The one or two parts of a dual-stack value. */
export function splitPair(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',').map(part => part.trim())
}

function subnets(field: string, text: string): readonly Prefix[] {
  const prefixes = splitPair(text).map(part => {
    if (!part.includes('/') || tryParseCidr(part) === undefined) {
      throw new KubehopError('KH_CONFIG', `spec.networking.${field}: ${JSON.stringify(part)} is not a network prefix`)
    }
    return parsePrefix(part)
  })
  const [first, second, ...others] = prefixes
  if (first === undefined || others.length > 0 || first.family === second?.family) {
    const expected = 'expected one prefix, or one of IPv4 and one of IPv6'
    throw new KubehopError('KH_CONFIG', `spec.networking.${field}: found ${JSON.stringify(text)}, ${expected}`)
  }
  return prefixes
}

function portRange(text: string): { first: number; last: number } {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []
  const first = Number(from)
  const last = Number(to)
  if (!(first >= 1 && last <= 65535 && first <= last)) {
    throw new KubehopError(
      'KH_CONFIG',
      `spec.serviceNodePortRange: ${JSON.stringify(text)} is not a range such as 30000-32767`,
    )
  }
  return { first, last }
}
