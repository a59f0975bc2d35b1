import { addrPlus, familyOf, formatAddr, tryParseAddr } from '../wire/addr.ts'
import { Prefix, parsePrefix, tryParseCidr } from '../wire/prefix.ts'
import type { ClusterConfig, NodeShape } from './config.ts'
import { FieldReader } from './field-reader.ts'
import { readCni } from './read-cni.ts'

/** Nodes that a count may ask for. */
const MAX_NODES = 5000
/** Past writes that the store keeps. */
const MAX_LAG = 4095
/** Address of the first worker in the node subnet; the control plane is one below, the router has the first address. */
const FIRST_WORKER = 11

/** Three workers and a control plane, flannel vxlan, iptables. */
export const DEFAULT_CLUSTER = readConfig('(defaults)', 'apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\n')

/** Reads a `kind: Cluster` file. Throws KH_CONFIG, KH_YAML or KH_LIMIT with the place. */
export function readConfig(file: string, text: string): ClusterConfig {
  const root = FieldReader.parse(file, text)
  const apiVersion = root.string('apiVersion', '')
  if (apiVersion !== 'kubehop.dev/v1alpha1') throw root.fail('apiVersion', 'expected kubehop.dev/v1alpha1')
  if (root.string('kind', '') !== 'Cluster') throw root.fail('kind', 'expected Cluster')
  const metadata = root.section('metadata')
  const name = metadata.string('name', 'lab')
  metadata.finish()
  const spec = root.section('spec')
  root.finish()

  const networking = readNetworking(spec.section('networking'))
  const config: ClusterConfig = {
    name,
    kubernetesVersion: spec.string('kubernetesVersion', 'v1.32.0'),
    nodes: readNodes(spec, networking.nodeSubnets),
    networking,
    cni: readCni(spec.section('cni')),
    kubeProxy: readKubeProxy(spec.section('kubeProxy'), networking.podSubnets),
    sysctls: spec.stringMap('sysctls'),
    ...readDns(spec.section('dns')),
    clusterDNS: readKubelet(spec.section('kubelet')),
  }
  spec.finish()
  return config
}

function readNetworking(fields: FieldReader): ClusterConfig['networking'] {
  const networking = {
    podSubnets: subnets(fields, 'podSubnet', '10.244.0.0/16'),
    serviceSubnets: subnets(fields, 'serviceSubnet', '10.96.0.0/12'),
    nodeSubnets: subnets(fields, 'nodeSubnet', '192.168.0.0/24'),
    dnsDomain: fields.string('dnsDomain', 'cluster.local'),
    mtu: fields.integer('mtu', 576, 65535, 1500),
  }
  fields.finish()
  return networking
}

/** One CIDR, or two of different families with a comma between them, as kubeadm writes dual-stack subnets. */
function subnets(fields: FieldReader, key: string, fallback: string): string[] {
  const texts = fields
    .string(key, fallback)
    .split(',')
    .map(part => part.trim())
  const families = new Set<number>()
  return texts.map(text => {
    const cidr = text.includes('/') ? tryParseCidr(text) : undefined
    if (cidr === undefined) {
      const example = `${fallback} or ${fallback},fd00:10:244::/48`
      throw fields.fail(key, `${JSON.stringify(text)} is not a subnet such as ${example}`)
    }
    const family = familyOf(cidr.addr)
    if (families.has(family)) throw fields.fail(key, `two subnets of IPv${family}; one of each family may be given`)
    families.add(family)
    return new Prefix(cidr.addr, cidr.length).toString()
  })
}

function readNodes(spec: FieldReader, nodeSubnets: readonly string[]): NodeShape[] {
  const base: NodeShape = {
    name: 'control-plane',
    role: 'control-plane',
    internalIPs: addresses(nodeSubnets, FIRST_WORKER - 1),
    labels: {},
    taints: [],
    podCIDRs: [],
  }
  if (!spec.isSequence('nodes')) {
    const count = spec.integer('nodes', 1, MAX_NODES, 3)
    const workers = Array.from(
      { length: count },
      (_, i): NodeShape => ({
        name: `worker-${i + 1}`,
        role: 'worker',
        internalIPs: addresses(nodeSubnets, FIRST_WORKER + i),
        labels: {},
        taints: [],
        podCIDRs: [],
      }),
    )
    const last = workers.at(-1)?.internalIPs[0]
    const [subnet] = nodeSubnets
    if (
      last === undefined ||
      subnet === undefined ||
      !parsePrefix(subnet).contains(tryParseAddr(last) ?? parsePrefix(subnet).addr)
    ) {
      throw spec.fail(
        'nodes',
        `${count} nodes do not fit into the node subnet ${subnet}; give a larger networking.nodeSubnet`,
      )
    }
    return [base, ...workers]
  }
  const names = new Set<string>()
  return spec.maps('nodes').map((fields, i) => {
    const name = fields.string('name', `worker-${i + 1}`)
    if (names.has(name)) throw fields.fail('name', `a second node called ${JSON.stringify(name)}`)
    names.add(name)
    const node: NodeShape = {
      name,
      role: fields.oneOf('role', ['worker', 'control-plane'], 'worker'),
      internalIPs: fields.has('internalIP')
        ? addressList(fields, 'internalIP')
        : addresses(nodeSubnets, FIRST_WORKER - 1 + i),
      labels: fields.stringMap('labels'),
      taints: fields.maps('taints').map(taint => {
        const value = taint.string('value', '')
        const read = {
          key: taint.string('key', ''),
          effect: taint.oneOf('effect', ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], 'NoSchedule'),
          ...(value === '' ? {} : { value }),
        }
        taint.finish()
        return read
      }),
      podCIDRs: fields.has('podCIDR') ? subnets(fields, 'podCIDR', '10.244.0.0/24') : [],
    }
    fields.finish()
    return node
  })
}

function addressList(fields: FieldReader, key: string): string[] {
  return fields
    .string(key, '')
    .split(',')
    .map(part => {
      const addr = tryParseAddr(part.trim())
      if (addr === undefined) throw fields.fail(key, `${JSON.stringify(part.trim())} is not an IP address`)
      return formatAddr(addr)
    })
}

function addresses(nodeSubnets: readonly string[], index: number): string[] {
  return nodeSubnets.map(subnet => formatAddr(addrPlus(parsePrefix(subnet).addr, index)))
}

function readKubeProxy(fields: FieldReader, podSubnets: readonly string[]): ClusterConfig['kubeProxy'] {
  const iptables = fields.section('iptables')
  const ipvs = fields.section('ipvs')
  const conntrack = fields.section('conntrack')
  const kubeProxy: ClusterConfig['kubeProxy'] = {
    mode: fields.oneOf('mode', ['iptables', 'ipvs', 'nftables', 'userspace'], 'iptables'),
    ipvsScheduler: ipvs.oneOf('scheduler', ['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq', 'mh'], 'rr'),
    strictARP: ipvs.boolean('strictARP', false),
    version: fields.oneOf('version', ['modern', 'legacy'], 'modern'),
    masqueradeAll: iptables.boolean('masqueradeAll', false),
    masqueradeBit: iptables.integer('masqueradeBit', 0, 31, 14),
    localhostNodePorts: iptables.boolean('localhostNodePorts', true),
    clusterCIDR: fields.string('clusterCIDR', podSubnets.join(',')),
    nodePortAddresses: fields.strings('nodePortAddresses'),
    tcpBeLiberal: conntrack.boolean('tcpBeLiberal', false),
  }
  iptables.finish()
  ipvs.finish()
  conntrack.finish()
  fields.finish()
  return kubeProxy
}

function readDns(fields: FieldReader): Pick<ClusterConfig, 'corefile' | 'dns'> {
  const corefile = fields.has('corefile') ? fields.string('corefile', '') : undefined
  const dns = { lag: fields.integer('lag', 0, MAX_LAG, 0), synced: fields.boolean('synced', true) }
  fields.finish()
  return { corefile, dns }
}

/** The one field of KubeletConfiguration that matters here. */
function readKubelet(fields: FieldReader): readonly string[] | undefined {
  const has = fields.has('clusterDNS')
  const servers = fields.strings('clusterDNS').map(text => {
    const addr = tryParseAddr(text)
    if (addr === undefined) throw fields.fail('clusterDNS', `${JSON.stringify(text)} is not an IP address`)
    return formatAddr(addr)
  })
  fields.finish()
  return has ? servers : undefined
}
