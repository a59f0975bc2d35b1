import { type Addr, addrToBigInt, formatAddr, isV6, v4 } from '../../wire/addr.ts'
import { mask32 } from '../../wire/prefix.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import type { VirtualService } from './virtual-service.ts'

/** `ipvsadm-save -n`: services by family, protocol, address and port, servers by address and port (ipvsadm.c). */
export function formatIpvsSave(services: readonly VirtualService[]): string {
  let text = ''
  for (const service of [...services].sort(compareServices)) {
    const name = `${protocolOption(service.proto)} ${endpoint(service.addr, service.port)}`
    text += `-A ${name} -s ${service.schedulerName}`
    if (service.timeout > 0) text += ` -p ${service.timeout}${netmask(service)}`
    if (service.hashesPort) text += ` -b ${service.schedulerName === 'mh' ? 'mh-port' : 'sh-port'}`
    text += '\n'
    for (const server of [...service.servers].sort((a, b) => compareAddr(a.addr, b.addr) || a.port - b.port)) {
      text += `-a ${name} -r ${endpoint(server.addr, server.port)} -m -w ${server.weight}\n`
    }
  }
  return text
}

function protocolOption(proto: number): string {
  return proto === IPPROTO_TCP ? '-t' : proto === IPPROTO_UDP ? '-u' : '--sctp-service'
}

/** `10.96.0.1:443` or `[fd00::1]:443`. */
export function endpoint(addr: Addr, port: number): string {
  return isV6(addr) ? `[${formatAddr(addr)}]:${port}` : `${formatAddr(addr)}:${port}`
}

function netmask(service: VirtualService): string {
  if (isV6(service.addr)) return service.maskLength === 128 ? '' : ` -M ${service.maskLength}`
  return service.maskLength === 32 ? '' : ` -M ${formatAddr(v4(mask32(service.maskLength)))}`
}

function compareServices(a: VirtualService, b: VirtualService): number {
  return (
    Number(isV6(a.addr)) - Number(isV6(b.addr)) || a.proto - b.proto || compareAddr(a.addr, b.addr) || a.port - b.port
  )
}

/** Handles of IPv6 addresses have no order of their own. */
function compareAddr(a: Addr, b: Addr): number {
  if (!isV6(a) || !isV6(b)) return a - b
  const x = addrToBigInt(a)
  const y = addrToBigInt(b)
  return x < y ? -1 : x > y ? 1 : 0
}
