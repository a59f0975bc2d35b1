import { Prefix, tryParseCidr } from '../../wire/prefix.ts'
import { internal } from '../runtime/errors.ts'
import type { CniResult, PluginConfig } from '../runtime/types.ts'
import { bridge } from './bridge.ts'
import type { CniPlugin, PluginContext } from './plugin.ts'

/** Where flanneld leaves what this plugin reads. */
export const SUBNET_FILE = '/run/flannel/subnet.env'

/** Reads flanneld's subnet file and hands over to the bridge plugin (flannel-io/cni-plugin). */
export const flannel: CniPlugin = {
  type: 'flannel',
  add(context): CniResult {
    return bridge.add(delegate(context))
  },
  del(context) {
    // Without the file ADD cannot have worked: there is nothing to delete.
    if (context.host.files.has(SUBNET_FILE)) bridge.del(delegate(context))
  },
  check(context) {
    bridge.check(delegate(context))
  },
}

function delegate(context: PluginContext): PluginContext {
  const text = context.host.files.get(SUBNET_FILE)
  if (text === undefined) {
    throw internal(
      `failed to load flannel 'subnet.env' file: open ${SUBNET_FILE}: no such file or directory. Check the flannel pod log for this node.`,
    )
  }
  const env = new Map(
    text.split('\n').flatMap(line => (line.includes('=') ? [line.split('=', 2) as [string, string]] : [])),
  )
  const subnets = ['FLANNEL_SUBNET', 'FLANNEL_IPV6_SUBNET'].flatMap(key => env.get(key) ?? [])
  const networks = ['FLANNEL_NETWORK', 'FLANNEL_IPV6_NETWORK'].flatMap(key => env.get(key) ?? [])
  const given =
    typeof context.config.delegate === 'object' && context.config.delegate !== null ? context.config.delegate : {}
  const config: PluginConfig = {
    type: 'bridge',
    name: context.network,
    // flanneld masquerades, unless it was told not to: then the bridge plugin does.
    ipMasq: env.get('FLANNEL_IPMASQ') !== 'true',
    mtu: Number(env.get('FLANNEL_MTU')),
    isGateway: true,
    ...given,
    ipam: {
      type: 'host-local',
      ranges: subnets.map(subnet => [{ subnet: networkOf(subnet) }]),
      routes: networks.map(dst => ({ dst })),
    },
  }
  return { ...context, config }
}

function networkOf(cidr: string): string {
  const parsed = tryParseCidr(cidr)
  return parsed === undefined ? cidr : new Prefix(parsed.addr, parsed.length).toString()
}
