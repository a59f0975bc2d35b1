import { Prefix, tryParseCidr } from '../../wire/prefix.ts'
import { sha512Hex } from '../runtime/digest.ts'
import { isV6Text } from '../runtime/host-draft.ts'

/** `CNI-` and 24 hexadecimal digits of the SHA-512 of network name and container id: 28 characters in all. */
export function masqueradeChain(network: string, containerId: string): string {
  return `CNI-${sha512Hex(network + containerId, 24)}`
}

/**
 * The rules of `ipMasq` for one address (pkg/ip/ipmasq_linux.go). What stays inside the pod's own subnet keeps its source;
 * everything else, other nodes' pods included, is masqueraded.
 */
export function masqueradeRules(chain: string, network: string, containerId: string, cidr: string): string {
  const parsed = tryParseCidr(cidr)
  const subnet = parsed === undefined ? cidr : new Prefix(parsed.addr, parsed.length).toString()
  const [address] = cidr.split('/')
  const v6 = isV6Text(cidr)
  const comment = `-m comment --comment "name: \\"${network}\\" id: \\"${containerId}\\""`
  return [
    '*nat',
    `:${chain} - [0:0]`,
    `-A ${chain} -d ${subnet} ${comment} -j ACCEPT`,
    `-A ${chain} ! -d ${v6 ? 'ff00::/8' : '224.0.0.0/4'} ${comment} -j MASQUERADE`,
    `-A POSTROUTING -s ${address}/${v6 ? 128 : 32} ${comment} -j ${chain}`,
    'COMMIT',
    '',
  ].join('\n')
}
