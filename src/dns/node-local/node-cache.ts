import type { Pod } from '../../controlplane/index.ts'
import { formatAddr, tryParseAddr } from '../../wire/addr.ts'

/** What the arguments of a node-cache say (kubernetes/dns, cmd/node-cache), defaults filled in. */
export interface NodeCache {
  readonly pod: Pod
  /** Addresses that it takes on its node: `169.254.20.10`, and in iptables mode the kube-dns ClusterIP. */
  readonly localIPs: readonly string[]
  readonly localPort: number
  readonly healthPort: number
  readonly interfaceName: string
  readonly setupInterface: boolean
  readonly setupIptables: boolean
  /** Name of the Service that leads to CoreDNS. */
  readonly upstreamService: string
}

/** A pod that runs NodeLocal DNSCache on its node's network, by its image. */
export function isNodeCache(pod: Pod): boolean {
  return pod.spec.hostNetwork === true && containerOf(pod) !== undefined
}

/** Reads a node-cache pod. A text instead: why the program ends at its start, in its own words. */
export function nodeCacheOf(pod: Pod): NodeCache | string {
  const container = containerOf(pod)
  const flags = readFlags([...(container?.command ?? []), ...(container?.args ?? [])])
  const localIPs: string[] = []
  for (const text of (flags.get('localip') ?? '').split(',')) {
    const addr = tryParseAddr(text.trim())
    if (addr === undefined) return `invalid localip specified - ${JSON.stringify(text)}`
    localIPs.push(formatAddr(addr))
  }
  return {
    pod,
    localIPs,
    localPort: portOf(flags.get('localport'), 53),
    healthPort: portOf(flags.get('health-port'), 8080),
    interfaceName: flags.get('interfacename') ?? 'nodelocaldns',
    setupInterface: flags.get('setupinterface') !== 'false',
    setupIptables: flags.get('setupiptables') !== 'false',
    upstreamService: flags.get('upstreamsvc') ?? 'kube-dns',
  }
}

function containerOf(pod: Pod) {
  return pod.spec.containers.find(({ image = '' }) => /(?:^|\/)k8s-dns-node-cache(?:[:@]|$)/.test(image))
}

/** Flags as Go's package flag takes them: `-name value`, `-name=value`, one dash or two; `-name` alone for true. */
function readFlags(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>()
  for (const [i, word] of words.entries()) {
    const [, name, value] = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/.exec(word) ?? []
    if (name === undefined) continue
    const next = words[i + 1]
    flags.set(name, value ?? (next === undefined || next.startsWith('-') ? 'true' : next))
  }
  return flags
}

function portOf(text: string | undefined, fallback: number): number {
  const port = Number(text ?? fallback)
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : fallback
}
