import { Prefix, tryParseCidr } from '../../wire/prefix.ts'
import { sha512Hex } from '../runtime/digest.ts'
import { internal } from '../runtime/errors.ts'
import { isV6Text } from '../runtime/host-draft.ts'
import type { CniResult, PortMapping } from '../runtime/types.ts'
import type { CniPlugin, PluginContext } from './plugin.ts'

/** One multiport match takes 15 ports. */
const PORTS_PER_RULE = 15

/** hostPort: DNAT from ports of the node to a pod (plugins/meta/portmap). */
export const portmap: CniPlugin = {
  type: 'portmap',
  add(context): CniResult {
    const { prevResult } = context
    if (prevResult === undefined) throw internal('must be called as chained plugin')
    if (context.invocation.portMappings.length > 0) {
      for (const ip of prevResult.ips ?? []) writeRules(context, ip.address)
    }
    return prevResult
  },
  del(context) {
    context.host.deleteRules(rulesKey(context))
  },
  check(context) {
    if (context.prevResult === undefined) throw internal('Required prevResult missing')
  },
}

function rulesKey(context: PluginContext): string {
  return `portmap/${context.network}/${context.invocation.containerId}`
}

function writeRules(context: PluginContext, cidr: string): void {
  const { host, network, invocation, config } = context
  const family = isV6Text(cidr) ? 6 : 4
  const markBit = typeof config.markMasqBit === 'number' ? config.markMasqBit : 13
  const snat = config.snat !== false
  host.setRules('portmap', family, topLevelChains(markBit, snat), 'portmap')
  host.setRules(
    rulesKey(context),
    family,
    podRules(network, invocation.containerId, invocation.portMappings, cidr, snat),
    'portmap',
  )
  // The loopback rule answers on the interface that leads to the pod.
  if (family === 4 && snat) {
    const veth = host.node.links.find(link => link.kind === 'veth' && link.peer.namespace === invocation.netns)
    const device = veth?.master ?? veth?.name
    if (device !== undefined) host.node.setSysctl(`net.ipv4.conf.${device}.route_localnet`, '1')
  }
}

function topLevelChains(markBit: number, snat: boolean): string {
  const mark = `0x${(1 << markBit).toString(16)}/0x${(1 << markBit).toString(16)}`
  const lines = ['*nat', ':CNI-HOSTPORT-DNAT - [0:0]']
  if (snat) {
    lines.push(
      ':CNI-HOSTPORT-SETMARK - [0:0]',
      ':CNI-HOSTPORT-MASQ - [0:0]',
      `-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark ${mark}`,
      `-A CNI-HOSTPORT-MASQ -m mark --mark ${mark} -j MASQUERADE`,
      '-I POSTROUTING 1 -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
    )
  }
  lines.push(
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    'COMMIT',
    '',
  )
  return lines.join('\n')
}

function podRules(
  network: string,
  containerId: string,
  mappings: readonly PortMapping[],
  cidr: string,
  snat: boolean,
): string {
  const chain = `CNI-DN-${sha512Hex(network + containerId, 21)}`
  const comment = `-m comment --comment "dnat name: \\"${network}\\" id: \\"${containerId}\\""`
  const v6 = isV6Text(cidr)
  const parsed = tryParseCidr(cidr)
  const subnet = parsed === undefined ? cidr : new Prefix(parsed.addr, parsed.length).toString()
  const address = cidr.replace(/\/.*/, '')
  const lines = ['*nat', `:${chain} - [0:0]`]
  const usable = mappings.filter(
    mapping => mapping.hostIP === undefined || mapping.hostIP === '' || isV6Text(mapping.hostIP) === v6,
  )
  for (const protocol of [...new Set(usable.map(mapping => mapping.protocol))].sort()) {
    const ports = usable.filter(mapping => mapping.protocol === protocol).map(mapping => mapping.hostPort)
    for (let i = 0; i < ports.length; i += PORTS_PER_RULE) {
      const list = ports.slice(i, i + PORTS_PER_RULE).join(',')
      lines.push(`-A CNI-HOSTPORT-DNAT -p ${protocol} ${comment} -m multiport --dports ${list} -j ${chain}`)
    }
  }
  for (const { protocol, hostPort, containerPort, hostIP } of usable) {
    const any = hostIP === undefined || hostIP === '' || hostIP === '0.0.0.0' || hostIP === '::'
    const to = any ? '' : `-d ${hostIP}/${v6 ? 128 : 32} `
    const match = `-p ${protocol} -m ${protocol} --dport ${hostPort}`
    if (snat) {
      // A pod that reaches itself, and the node's own loopback, need another source address.
      lines.push(`-A ${chain} -s ${subnet} ${to}${match} -j CNI-HOSTPORT-SETMARK`)
      if (!v6) lines.push(`-A ${chain} -s 127.0.0.1/32 ${to}${match} -j CNI-HOSTPORT-SETMARK`)
    }
    lines.push(`-A ${chain} ${to}${match} -j DNAT --to-destination ${v6 ? `[${address}]` : address}:${containerPort}`)
  }
  lines.push('COMMIT', '')
  return lines.join('\n')
}
