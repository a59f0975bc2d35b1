import { formatAddr } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import type { BridgePort, Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { tunnelOf } from './device-details.ts'
import { linkFlags, linkHeader, linkName, linkState } from './link-header.ts'

export interface ShowLinkOptions {
  readonly dev?: string
  /** What the kind of device adds (`ip -d link`), as far as it is simulated. */
  readonly details?: boolean
  readonly brief?: boolean
}

/** `ip link` of a namespace, as iproute2 6.1 prints it. */
export function showLink(ns: Namespace, options: ShowLinkOptions = {}): string {
  let text = ''
  for (const dev of ns.devices) {
    if (options.dev !== undefined && dev.name !== options.dev) continue
    if (options.brief === true) {
      text += `${linkName(dev).padEnd(16)} ${linkState(dev).padEnd(14)} ${formatMac(dev.mac)} ${linkFlags(dev)} \n`
      continue
    }
    const [head, link] = linkHeader(dev, { mode: true })
    const details = options.details === true ? detailLines(dev) : []
    text += `${[head, options.details === true ? `${link} promiscuity ${promiscuity(dev)} ` : link, ...details].join('\n')}\n`
  }
  return text
}

/** A port is promiscuous for its bridge. */
function promiscuity(dev: Device): number {
  return (dev.promiscuous ? 1 : 0) + (dev.port === null ? 0 : 1)
}

function detailLines(dev: Device): string[] {
  const lines: string[] = []
  if (dev.kind === 'vxlan') {
    const { vni = 0, local, lower, learning, socket } = tunnelOf(dev) ?? {}
    const own = local === undefined ? '' : `local ${formatAddr(local)} `
    const by = lower == null ? '' : `dev ${lower.name} `
    lines.push(
      `    vxlan id ${vni} ${own}${by}srcport 0 0 dstport ${socket?.port ?? 8472} ${learning === false ? 'nolearning ' : ''}ttl auto ageing 300 udpcsum `,
    )
  } else if (dev.kind === 'veth' || dev.kind === 'bridge') lines.push(`    ${dev.kind} `)
  if (dev.port !== null) lines.push(`    ${portLine(dev, dev.port)}`)
  return lines
}

function portLine(dev: Device, port: BridgePort): string {
  const on = (flag: boolean): string => (flag ? 'on' : 'off')
  const state = dev.running && port.bridge.up ? 'forwarding' : 'disabled'
  return (
    `bridge_slave state ${state} priority 32 cost 2 hairpin ${on(port.hairpin)} guard off root_block off fastleave off ` +
    `learning ${on(port.learning)} flood ${on(port.flood)} port_id 0x${(0x8000 + port.portNo).toString(16)} port_no 0x${port.portNo.toString(16)} ` +
    `mcast_flood ${on(port.mcastFlood)} bcast_flood ${on(port.bcastFlood)} isolated ${on(port.isolated)} `
  )
}
